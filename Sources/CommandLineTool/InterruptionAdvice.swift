/// What to tell whoever interrupts the command line `arguments`: how its work goes on. Nil for
/// commands that are as soon done anew, and for help.
///
/// `arguments` has the words after the tool's name.
package func interruptionAdvice(arguments: [String]) -> String? {
  guard let command = arguments.first, !arguments.contains(where: ["-h", "--help"].contains) else {
    return nil
  }
  switch command {
  case "execute":
    let others = arguments.dropFirst().filter { $0 != "--resume" }
    let words = ["planner", "execute", "--resume"] + others.map(quotedForShell)
    return "`\(words.joined(separator: " "))` goes on after the last committed step"
  case "profile": return "no profile was written; the same command measures anew"
  case "train": return "the same command goes on from the last saved state"
  default: return nil
  }
}

/// The word as a POSIX shell reads it back.
private func quotedForShell(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_./=:,+@%".utf8.contains(byte)
    }
  }
  return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
