/// Layout of a folder of data, the same for reading and writing.
enum DatasetFolder {
  static let splits = ["train", "validation", "test"]

  static func entries(ofSplit split: String, in folder: String) -> String {
    "\(folder)/\(split).jsonl"
  }

  enum Field {
    static let image = "image"
    static let question = "question"
    static let answer = "answer"
    static let task = "task"
  }
}
