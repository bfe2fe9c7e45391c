/// Every command, in the order of the help text: the four stages, then what helps around them.
package let allCommands: [any Command] = [
  ProfileCommand(),
  PlanCommand(),
  ExecuteCommand(),
  ReportCommand(),
  StatusCommand(),
  DoctorCommand(),
  DescribeCommand(),
  VerifyCommand(),
  ExportCommand(),
  DataCommand(),
  TrainCommand(),
]
