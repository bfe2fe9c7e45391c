import Artifacts
package import Kernels

/// The image encoder: patches → tokens → blocks → norm, forward and backward.
package struct VisionPass {
  private let parameters: ConstFloats
  private let layout: VisionLayout
  private let pass: BlockPass
  private let images: Int
  private var patches: Floats
  private var blocks: [BlockActivations] = []
  private var finalNorm: NormActivations?

  /// Runs `images` images. `pixels` is [images, channels, size, size], planar, as preprocessed.
  package init(
    _ layout: VisionLayout, parameters: Parameters, arena: Arena, pixels: ConstFloats, images: Int,
    keepsActivations: Bool
  ) {
    self.layout = layout
    self.parameters = UnsafePointer(parameters.pointer)
    self.images = images
    let shape = layout.shape
    let tokens = shape.tokenCount
    let hidden = shape.hiddenSize
    let rows = images * tokens
    pass = BlockPass(
      parameters: self.parameters, arena: arena,
      segments: (0..<images).map { Segment(start: $0 * tokens, count: tokens) }, rows: rows,
      causal: false, keepsProbabilities: keepsActivations)

    patches = arena.floats(images * shape.patchCount * shape.patchWidth)
    VisionPass.flatten(pixels, images: images, shape: shape, into: patches)
    let embedded = arena.floats(images * shape.patchCount * hidden)
    linearForward(
      layout.patchEmbedding, self.parameters, x: patches, y: embedded,
      rows: images * shape.patchCount)
    var x = arena.floats(rows * hidden)
    let position = self.parameters + layout.positionEmbedding
    for image in 0..<images {
      let target = x + image * tokens * hidden
      target.update(from: self.parameters + layout.classEmbedding, count: hidden)
      (target + hidden).update(
        from: embedded + image * shape.patchCount * hidden, count: shape.patchCount * hidden)
      add(position, to: target, count: tokens * hidden)
    }
    for block in layout.blocks {
      let mark = arena.mark
      let result = pass.forward(block, x: x)
      if keepsActivations {
        blocks.append(result)
        x = result.output
      } else {
        x.update(from: result.output, count: rows * hidden)
        arena.release(to: mark)
      }
    }
    finalNorm = pass.norm(layout.finalNorm, x)
  }

  /// [images · tokens, hidden]
  package var output: Floats { finalNorm?.output ?? patches }

  /// Input of the first block, [images · tokens, hidden]; nil unless activations were kept.
  package var input: Floats? { blocks.first?.attentionNorm.input }

  /// Outputs of the blocks, [images · tokens, hidden] each; empty unless activations were kept.
  package var blockOutputs: [Floats] { blocks.map(\.output) }

  /// Adds parameter gradients; `gradient` is d/d(output) and is overwritten.
  package func backward(gradient: Floats, gradients: Floats) {
    guard let finalNorm else { return }
    let arena = pass.arena
    let shape = layout.shape
    let hidden = shape.hiddenSize
    let tokens = shape.tokenCount
    let dx = arena.zeros(pass.rows * hidden)
    pass.normBackward(
      layout.finalNorm, finalNorm, dy: gradient, dx: dx, gradients: gradients, rows: pass.rows)
    for (block, saved) in zip(layout.blocks, blocks).reversed() {
      pass.backward(block, saved, gradient: dx, gradients: gradients)
    }
    let dPatches = arena.floats(images * shape.patchCount * hidden)
    for image in 0..<images {
      let source = dx + image * tokens * hidden
      add(source, to: gradients + layout.positionEmbedding, count: tokens * hidden)
      add(source, to: gradients + layout.classEmbedding, count: hidden)
      (dPatches + image * shape.patchCount * hidden).update(
        from: source + hidden, count: shape.patchCount * hidden)
    }
    linearBackward(
      layout.patchEmbedding, parameters, x: patches, dy: dPatches, dx: nil, gradients: gradients,
      rows: images * shape.patchCount)
  }

  /// [images, channels, size, size] → [images · patches, channels · patch · patch], the order of a
  /// convolution kernel's weights. Pixels beyond the last whole patch are dropped, as a
  /// convolution with stride = kernel does.
  private static func flatten(
    _ pixels: ConstFloats, images: Int, shape: VisionShape, into patches: Floats
  ) {
    let size = shape.imageSize
    let patch = shape.patchSize
    let grid = size / patch
    var target = patches
    for image in 0..<images {
      for row in 0..<grid {
        for column in 0..<grid {
          for channel in 0..<shape.channels {
            for y in 0..<patch {
              let source =
                ((image * shape.channels + channel) * size + row * patch + y) * size
                + column * patch
              target.update(from: pixels + source, count: patch)
              target += patch
            }
          }
        }
      }
    }
  }
}
