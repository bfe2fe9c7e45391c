package import Kernels

/// The numbers of a model: one aligned buffer with the table of what lies where.
///
/// Sendable by this rule: a buffer is written by one owner at a time (loading, pruning, an optimiser
/// step) and only read while workers share it.
package final class Parameters: @unchecked Sendable {
  package let layout: ModelLayout
  package let buffer: AlignedBuffer

  /// All zeros.
  package init(layout: ModelLayout) {
    self.layout = layout
    buffer = AlignedBuffer(count: layout.table.count)
  }

  /// A view of numbers that another value allocated.
  init(layout: ModelLayout, buffer: AlignedBuffer) {
    precondition(buffer.count == layout.table.count, "the buffer has another layout")
    self.layout = layout
    self.buffer = buffer
  }

  package var count: Int { layout.table.count }
  package var pointer: Floats { buffer.pointer }

  package func pointer(of view: ParameterView) -> Floats { buffer.pointer + view.offset }

  /// A copy with a buffer of its own.
  package func copy() -> Parameters {
    let result = Parameters(layout: layout)
    result.pointer.update(from: pointer, count: count)
    return result
  }
}
