/// One source of figures on this machine, and the proof of whether it works.
package struct Diagnosis: Codable, Hashable, Sendable {
  package enum Status: String, Codable, Hashable, Sendable, CaseIterable {
    case present
    case absent
    /// It exists and this process may not use it.
    case permission
    /// The kernel or the processor refuses it.
    case notSupported
  }

  /// For example "powercap" or "counter cycles".
  package var source: String
  /// What the source is, for a reader who has never heard of it.
  package var about: String?
  package var status: Status
  /// The open or read that was made, and its answer.
  package var evidence: String
  package var remedy: String?

  package init(
    source: String, about: String? = nil, status: Status, evidence: String, remedy: String? = nil
  ) {
    self.source = source
    self.about = about
    self.status = status
    self.evidence = evidence
    self.remedy = remedy
  }
}

extension Diagnosis.Status {
  init(_ error: MeterError) {
    switch error.kind {
    case .absent: self = .absent
    case .permission: self = .permission
    case .notSupported, .failedRead, .malformed, .ambiguousGap, .belowResolution, .standstill,
      .inconsistent:
      self = .notSupported
    }
  }

  init(errno code: Int32) {
    switch SourceState(errno: code) {
    case .permission: self = .permission
    case .absent: self = .absent
    case .notSupported, .failed: self = .notSupported
    }
  }
}
