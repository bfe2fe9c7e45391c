import Artifacts
import Foundation
import Storage
import TestSupport
import Testing
import Transformers

/// What configurations may leave out, and what they may not ask for.
@Suite struct ConfigurationTests {
  func shape(_ text: String) throws -> ModelShape {
    try Checkpoint.shape(from: JSONDocument(data: Data(text.utf8), path: "config.json"))
  }

  func message(_ text: String) -> String {
    do {
      let shape = try shape(text)
      return "no error: \(shape.languageModel.blocks.count) blocks"
    } catch {
      return "\(error)"
    }
  }

  /// The sizes of the configuration classes of transformers 5.24, spelled out.
  static let classes: [(type: String, full: String)] = [
    (
      "opt",
      #""hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,"ffn_dim":3072,"#
        + #""max_position_embeddings":2048,"vocab_size":50272,"word_embed_proj_dim":768"#
    ),
    (
      "gpt2",
      #""n_embd":768,"n_layer":12,"n_head":12,"n_positions":1024,"vocab_size":50257,"n_inner":3072"#
    ),
    (
      "llama",
      #""hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"head_dim":128,"#
        + #""num_key_value_heads":32,"intermediate_size":11008,"max_position_embeddings":2048,"#
        + #""vocab_size":32000,"rope_theta":10000.0,"rms_norm_eps":1e-6,"tie_word_embeddings":false"#
    ),
    (
      "mistral",
      #""hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"head_dim":128,"#
        + #""num_key_value_heads":8,"intermediate_size":14336,"max_position_embeddings":131072,"#
        + #""vocab_size":32000,"rope_theta":10000.0,"rms_norm_eps":1e-6,"sliding_window":4096"#
    ),
    (
      "qwen2",
      #""hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"#
        + #""num_key_value_heads":32,"intermediate_size":22016,"max_position_embeddings":32768,"#
        + #""vocab_size":151936,"rope_theta":10000.0,"rms_norm_eps":1e-6,"sliding_window":null"#
    ),
    (
      "qwen3",
      #""hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"head_dim":128,"#
        + #""num_key_value_heads":32,"intermediate_size":22016,"max_position_embeddings":32768,"#
        + #""vocab_size":151936,"rope_theta":10000.0,"rms_norm_eps":1e-6,"use_sliding_window":false"#
    ),
  ]

  @Test(arguments: classes) func sizesOfTheClassMayBeAbsent(type: String, full: String) throws {
    let whole = try shape(#"{"model_type":"\#(type)",\#(full)}"#)
    #expect(try shape(#"{"model_type":"\#(type)"}"#) == whole)
    // One size of its own, the others of the class; as text_config of BLIP-2 too.
    let own = #""model_type":"\#(type)","vocab_size":444"#
    let small = try shape("{\(own)}").languageModel
    #expect(small.vocabularySize == 444 && small.blocks == whole.languageModel.blocks)
    #expect(
      try shape(#"{"model_type":"blip-2","text_config":{\#(own)}}"#).languageModel == small)
  }

  @Test func partsOfBLIP2MayBeAbsent() throws {
    let whole = try shape(
      #"{"model_type":"blip-2","num_query_tokens":32,"vision_config":{"hidden_size":1408,"#
        + #""intermediate_size":6144,"num_hidden_layers":39,"num_attention_heads":16,"#
        + #""image_size":224,"patch_size":14,"layer_norm_eps":1e-6},"qformer_config":{"#
        + #""hidden_size":768,"intermediate_size":3072,"num_hidden_layers":12,"#
        + #""num_attention_heads":12,"cross_attention_frequency":2,"layer_norm_eps":1e-12,"#
        + #""encoder_hidden_size":1408},"text_config":{"model_type":"opt"}}"#)
    #expect(whole.vision?.blocks.count == 39 && whole.queryFormer?.queryCount == 32)
    for text in [
      #"{"model_type":"blip-2"}"#,
      #"{"model_type":"blip-2","vision_config":null,"qformer_config":{},"text_config":{}}"#,
    ] {
      #expect(try shape(text) == whole)
    }
  }

  @Test func nullIsNotAbsent() throws {
    // Mistral's class has 8 heads for keys and values; null means as many as query heads.
    let heads = try ["", #","num_key_value_heads":null"#].map {
      try shape(#"{"model_type":"mistral"\#($0)}"#).languageModel.blocks[0].attention.keyValueHeads
    }
    #expect(heads == [8, 32])
    let windows = try ["", #","sliding_window":null"#, #","sliding_window":7"#].map {
      try shape(#"{"model_type":"mistral"\#($0)}"#).languageModel.blocks[0].attention.window
    }
    #expect(windows == [4_096, nil, 7])
    let derived = try shape(
      #"{"model_type":"llama","hidden_size":64,"num_attention_heads":8,"head_dim":null}"#)
    #expect(derived.languageModel.blocks[0].attention.headSize == 8)
    // A window that is left out is the class's, once windows are used at all.
    let qwen = try shape(
      #"{"model_type":"qwen2","num_hidden_layers":3,"max_window_layers":2,"use_sliding_window":true}"#
    )
    #expect(qwen.languageModel.blocks.map(\.attention.window) == [nil, nil, 4_096])
  }

  @Test func secondNamesOfGPT2AreRead() throws {
    let model = try shape(
      #"{"model_type":"gpt2","hidden_size":36,"num_hidden_layers":2,"num_attention_heads":6}"#)
    #expect(model.languageModel.hiddenSize == 36 && model.languageModel.blocks.count == 2)
  }

  @Test func listsOfLayerTypesAreObeyedOrRefused() throws {
    func text(_ type: String, _ list: String, _ others: String = "") -> String {
      #"{"model_type":"\#(type)","num_hidden_layers":2,"n_layer":2,"layer_types":[\#(list)]\#(others)}"#
    }
    let (full, sliding) = (#""full_attention""#, #""sliding_attention""#)
    for type in ["opt", "gpt2", "llama", "mistral", "qwen2", "qwen3"] {
      let open = type == "mistral" ? #","sliding_window":null"# : ""
      let plain = try shape(text(type, "\(full),\(full)", open)).languageModel
      #expect(plain.blocks.allSatisfy { $0.attention.window == nil })
      // Another number of types than of blocks, and another kind of block.
      #expect(message(text(type, full, open)).contains("layer_types: 1 types"))
      #expect(
        message(text(type, "\(full),\"linear_attention\"", open)).contains(
          "layer_types.1: \"linear_attention\" is another kind of block. Supported here: full_"))
    }
    let windows = #","sliding_window":7,"use_sliding_window":true"#
    for type in ["opt", "gpt2", "llama"] {
      #expect(message(text(type, "\(full),\(sliding)", windows)).contains("Supported here: full_"))
    }
    for type in ["qwen2", "qwen3"] {
      let mixed = try shape(text(type, "\(sliding),\(full)", windows)).languageModel
      #expect(mixed.blocks.map(\.attention.window) == [7, nil])
      #expect(mixed.stockClassObstacle == nil)
      #expect(message(text(type, "\(sliding),\(full)")).contains("without use_sliding_window"))
    }
    let all = try shape(text("mistral", "\(sliding),\(sliding)", windows)).languageModel
    #expect(all.blocks.map(\.attention.window) == [7, 7])
    #expect(message(text("mistral", "\(sliding),\(full)", windows)).contains("one type for all"))
    #expect(message(text("mistral", "\(full),\(full)", windows)).contains("sliding_window is 7"))
  }

  /// A correct file that is not computed here is not to be corrected.
  @Test(arguments: [
    (#"{"model_type":"phi3"}"#, "model_type", "llama"),
    (#"{"model_type":"llava","text_config":{"model_type":"llama"}}"#, "model_type", "blip-2 with"),
    (
      #"{"model_type":"blip-2","text_config":{"model_type":"t5"}}"#, "text_config.model_type", "opt"
    ),
    (#"{"model_type":"opt","word_embed_proj_dim":512}"#, "word_embed_proj_dim", "768"),
    (#"{"model_type":"llama","hidden_act":"relu2"}"#, "hidden_act", "silu"),
    (#"{"model_type":"llama","rope_scaling":{"rope_type":"ntk"}}"#, "rope_scaling", "yarn"),
    (#"{"model_type":"llama","partial_rotary_factor":0.5}"#, "partial_rotary_factor", "1"),
    (#"{"model_type":"gpt2","add_cross_attention":true}"#, "add_cross_attention", "false"),
  ]) func whatIsNotComputedIsNamed(config: String, field: String, supported: String) {
    let text = message(config)
    #expect(text.hasPrefix("config.json: \(field): "))
    #expect(text.contains("Supported here: ") && text.contains(supported), "\(text)")
    #expect(!text.contains("Correct the file"))
  }

  /// Quantized weights and adapters are correct files too.
  @Test func tensorsThatAreNotComputedAreNamed() throws {
    let folder = try TemporaryFolder()
    let config =
      #"{"model_type":"gpt2","n_embd":4,"n_layer":1,"n_head":1,"n_positions":2,"vocab_size":3}"#
    try Data(config.utf8).write(to: folder.url.appending(path: "config.json"))
    let shape = try shape(config)
    let layout = ModelLayout(shape)
    func write(_ type: String, width: Int, more: Bool) throws {
      var header: [String] = []
      var offset = 0
      func add(_ name: String, _ shape: [Int]) {
        let end = offset + width * shape.reduce(1, *)
        header.append(
          #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(offset),\#(end)]}"#)
        offset = end
      }
      for view in layout.table.views { add(view.name, view.storedShape) }
      if more { add("transformer.h.0.attn.lora_A.weight", [2]) }
      let text = Data("{\(header.joined(separator: ","))}".utf8)
      var bytes = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
      bytes += text + Data(count: offset)
      try bytes.write(to: folder.url.appending(path: "model.safetensors"))
    }
    try write("F32", width: 4, more: false)
    _ = try Checkpoint.describe(folder: folder.path)
    for (type, more, text) in [
      ("I8", false, "transformer.wte.weight: elements of the type I8 are not computed"),
      ("F32", true, "lora_A.weight: config.json describes no such tensor"),
    ] {
      try write(type, width: type == "I8" ? 1 : 4, more: more)
      let error = #expect(throws: StorageError.self) {
        try Checkpoint.describe(folder: folder.path)
      }
      let found = error?.description ?? ""
      #expect(found.contains(text) && found.contains("Supported here: "), "\(found)")
      #expect(!found.contains("Correct the file"))
    }
  }

  @Test func constantsOfNormsAreBounded() {
    for value in ["1e300", "-1e-5"] {
      #expect(
        message(#"{"model_type":"llama","rms_norm_eps":\#(value)}"#).contains("rms_norm_eps: "))
    }
  }
}
