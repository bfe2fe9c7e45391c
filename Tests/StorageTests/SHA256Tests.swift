import Foundation
import Storage
import TestSupport
import Testing

/// Expected digests: FIPS 180-4 examples and coreutils' sha256sum.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]) func knownDigests(text: String, digest: String) {
    #expect(sha256(of: Data(text.utf8)) == digest)
  }

  @Test func piecesOfAnySizeGiveTheSameDigest() {
    let data = Data((0..<1000).map { UInt8(truncatingIfNeeded: $0) })
    let whole = sha256(of: data)
    for size in [1, 3, 55, 56, 63, 64, 65, 127, 999] {
      var hash = SHA256()
      for start in stride(from: 0, to: data.count, by: size) {
        hash.update(data[start..<min(start + size, data.count)])
      }
      #expect(hash.finish() == whole)
    }
  }

  @Test func lengthsAroundThePaddingDiffer() {
    let digests = (0...130).map { sha256(of: Data(repeating: 0, count: $0)) }
    #expect(Set(digests).count == 131)
  }

  @Test func filesAreHashedWhole() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/file"
    let data = Data(repeating: 3, count: (2 << 20) + 5)
    try AtomicFile.write(data, to: path)
    #expect(try sha256(ofFile: path) == sha256(of: data))
    #expect(throws: StorageError.notAFile(path: folder.path)) { try sha256(ofFile: folder.path) }
    #expect(throws: StorageError.missing(path: path + "x")) { try sha256(ofFile: path + "x") }
  }

  @Test func speedIsThatOfACompiledLoop() {
    let data = Data(repeating: 1, count: 32 << 20)
    let time = ContinuousClock().measure { _ = sha256(of: data) }
    let megabytesPerSecond = Double(data.count) / 1e6 / (time / .seconds(1))
    #expect(megabytesPerSecond > 40)
  }
}
