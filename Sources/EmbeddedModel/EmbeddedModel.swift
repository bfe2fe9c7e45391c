import Foundation

/// The shipped teacher: a BLIP-2 checkpoint with its tokenizer, the record of its training, and the
/// default workload, as files beside the executable.
package enum EmbeddedModel {
  /// The folder with `config.json`, `model.safetensors`, `training.json` and `workload.json`.
  ///
  /// Looked up beside the running executable, where the build puts it, so that the tool works from
  /// any folder; a missing folder is reported by whoever reads from it.
  package static var folder: String {
    let executable =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = (executable as NSString).deletingLastPathComponent
    let candidates = [beside, Bundle.main.bundlePath].map {
      "\($0)/planner_EmbeddedModel.resources/embedded"
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }
}
