package import Foundation

/// Where the bytes of a file under construction go; buffered, valid only inside the writing closure.
package final class FileSink {
  /// Bytes written so far.
  package private(set) var count = 0
  private let descriptor: FileDescriptor
  private let target: String
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 20

  init(descriptor: FileDescriptor, target: String) {
    self.descriptor = descriptor
    self.target = target
    buffer.reserveCapacity(Self.capacity)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    count += bytes.count
    if buffer.count + bytes.count > Self.capacity { try flush() }
    if bytes.count >= Self.capacity {
      do { try descriptor.writeAll(bytes) } catch { throw error.writing(target) }
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  package func write(_ data: Data) throws { try data.withUnsafeBytes { try write($0) } }

  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// The text as UTF-8.
  package func write(_ text: String) throws { try write(Array(text.utf8)) }

  func flush() throws {
    do {
      try buffer.withUnsafeBytes { try descriptor.writeAll($0) }
    } catch let error as SystemFailure {
      throw error.writing(target)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
