import Foundation
import Storage
import TestSupport
import Testing

@Suite struct FolderLockTests {
  private let folder: TemporaryFolder
  private var file: String { "\(folder.path)/.lock" }

  init() throws { folder = try TemporaryFolder() }

  @Test func aSecondOwnerIsToldWhoIsThere() throws {
    let first = try FolderLock(folder: folder.path, purpose: "execute")
    #expect {
      try FolderLock(folder: folder.path, purpose: "plan")
    } throws: { error in
      guard case StorageError.inUse(folder.path, let holder) = error else { return false }
      return holder.hasPrefix("process \(getpid()) (execute, since 20")
        && String(describing: error).hasPrefix("\(folder.path): in use by process \(getpid())")
    }
    first.release()
    first.release()
    try FolderLock(folder: folder.path, purpose: "plan").release()
  }

  @Test func theHolderIsSeenWithoutBeingDisturbed() throws {
    #expect(FolderLock.holder(of: folder.path) == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    let before = Date()
    let lock = try FolderLock(folder: folder.path + "/", purpose: "profile")
    for _ in 0..<3 {
      let holder = try #require(FolderLock.holder(of: folder.path))
      #expect(holder.process == Int(getpid()))
      #expect(holder.purpose == "profile")
      #expect(abs(try #require(holder.since).timeIntervalSince(before)) < 60)
    }
    lock.release()
    #expect(FolderLock.holder(of: folder.path) == nil)
    #expect(FolderLock.holder(of: folder.path + "/no/such") == nil)
  }

  /// A killed owner leaves its words and no lock.
  @Test func whatADeadOwnerWroteDoesNotCount() throws {
    try Data("1\nexecute\n1700000000\n".utf8).write(to: URL(filePath: file))
    #expect(FolderLock.holder(of: folder.path) == nil)
    let lock = try FolderLock(folder: folder.path, purpose: "execute")
    #expect(FolderLock.holder(of: folder.path)?.process == Int(getpid()))
    lock.release()
  }

  @Test(arguments: ["", "x", "1\n2\n", "x\n\nx\n", String(repeating: "9", count: 600)])
  func damagedWordsStillSayThatSomebodyIsThere(_ words: String) throws {
    let lock = try FolderLock(folder: folder.path, purpose: "execute")
    let handle = try #require(FileHandle(forWritingAtPath: file))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(words.utf8))
    let holder = try #require(FolderLock.holder(of: folder.path))
    #expect(holder.description.contains("process"))
    lock.release()
  }

  @Test func theWorkIsDoneUnderTheLockWhichEndsWithIt() throws {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try FolderLock.holding(folder.path, purpose: "plan") {
        #expect(FolderLock.holder(of: folder.path)?.purpose == "plan")
        throw Failure()
      }
    }
    #expect(try FolderLock.holding(folder.path, purpose: "plan") { 7 } == 7)
  }

  @Test func placesWithoutALockAreNamed() throws {
    #expect {
      try FolderLock(folder: folder.path + "/no", purpose: "plan")
    } throws: { error in
      if case StorageError.notWritable = error { true } else { false }
    }
    #expect(mkfifo(file, 0o600) == 0)
    #expect(FolderLock.holder(of: folder.path) == nil)
    #expect(throws: StorageError.notAFile(path: file)) {
      try FolderLock(folder: folder.path, purpose: "plan")
    }
    unlink(file)
    #expect(symlink("/etc/passwd", file) == 0)
    #expect(throws: StorageError.self) { try FolderLock(folder: folder.path, purpose: "plan") }
  }
}
