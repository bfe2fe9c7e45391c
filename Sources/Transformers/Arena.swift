package import Kernels

/// Scratch memory of one worker: handed out by moving an offset, taken back all at once.
///
/// After the first pass of a size nothing is allocated any more. Contents are undefined when handed
/// out. Owned by one worker at a time, hence Sendable.
package final class Arena: @unchecked Sendable {
  private var chunks: [AlignedBuffer] = []
  private var chunk = 0
  private var offset = 0
  private static let chunkSize = 1 << 22

  package init() {}

  /// A place to return to; everything handed out after it is taken back by `release(to:)`.
  package struct Mark {
    fileprivate var chunk: Int
    fileprivate var offset: Int
  }

  package var mark: Mark { Mark(chunk: chunk, offset: offset) }

  package func release(to mark: Mark) {
    chunk = mark.chunk
    offset = mark.offset
  }

  package func reset() {
    chunk = 0
    offset = 0
  }

  /// `count` floats, aligned to 64 bytes.
  package func floats(_ count: Int) -> Floats {
    let size = (count + 15) & ~15
    while chunk < chunks.count {
      if offset + size <= chunks[chunk].count {
        defer { offset += size }
        return chunks[chunk].pointer + offset
      }
      chunk += 1
      offset = 0
    }
    chunks.append(AlignedBuffer(count: max(size, Arena.chunkSize)))
    offset = size
    return chunks[chunk].pointer
  }

  /// `count` floats, all zero.
  package func zeros(_ count: Int) -> Floats {
    let result = floats(count)
    result.update(repeating: 0, count: count)
    return result
  }

  /// Bytes held, for memory accounts.
  package var byteCount: Int { chunks.reduce(0) { $0 + $1.count * 4 } }
}
