import CommandLineTool

plannerMain()
