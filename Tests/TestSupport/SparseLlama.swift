import Foundation
import Storage

/// A checkpoint with the widths of Llama 3 8B, whose zeros take no room on the disk.
package struct SparseLlama {
  package var blocks: Int
  /// A tensor that gets one row more than config.json describes.
  package var wrongRows: String?

  package init(blocks: Int) { self.blocks = blocks }

  private var tensors: [(name: String, shape: [Int])] {
    var tensors = [
      ("model.embed_tokens.weight", [128_256, 4_096]), ("model.norm.weight", [4_096]),
      ("lm_head.weight", [128_256, 4_096]),
    ]
    for block in 0..<blocks {
      let prefix = "model.layers.\(block)."
      for (name, rows) in [("q", 4_096), ("k", 1_024), ("v", 1_024), ("o", 4_096)] {
        tensors.append(("\(prefix)self_attn.\(name)_proj.weight", [rows, 4_096]))
      }
      for name in ["gate", "up"] {
        tensors.append(("\(prefix)mlp.\(name)_proj.weight", [14_336, 4_096]))
      }
      tensors.append(("\(prefix)mlp.down_proj.weight", [4_096, 14_336]))
      for name in ["input", "post_attention"] {
        tensors.append(("\(prefix)\(name)_layernorm.weight", [4_096]))
      }
    }
    return tensors.map { name, shape in
      (name, name == wrongRows ? [shape[0] + 1] + shape.dropFirst() : shape)
    }
  }

  /// Writes config.json and model.safetensors.
  ///
  /// - Returns: bytes of the weights, of which none are stored.
  package func write(to folder: String) throws -> Int {
    let config = """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128256,
      "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": \(blocks),
      "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "hidden_act": "silu",
      "max_position_embeddings": 8192, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
      "tie_word_embeddings": false, "torch_dtype": "bfloat16"}
      """
    try Data(config.utf8).write(to: URL(filePath: folder + "/config.json"))
    var end = 0
    let entries = tensors.map { name, shape in
      let start = end
      end += 2 * shape.reduce(1, *)
      return
        "\"\(name)\":{\"dtype\":\"BF16\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
    }
    let header = Data("{\(entries.joined(separator: ","))}".utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    let path = folder + "/model.safetensors"
    try (Data(length) + header).write(to: URL(filePath: path))
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: UInt64(8 + header.count + end))
    try file.close()
    return end
  }
}
