import Artifacts
import Foundation

/// Any error as one line for a person; never a dump of a Swift value.
func errorLine(_ error: any Error) -> String {
  let text =
    if let error = error as? DecodingError {
      error.placeAndReason
    } else if error is EncodingError {
      "a figure is not a finite number and cannot be written as JSON"
    } else if isFromFoundation(error) {
      describe(error as NSError)
    } else if let words = ownWords(of: error) {
      words
    } else if let words = (error as? any LocalizedError)?.errorDescription {
      words
    } else {
      "unexpected \(type(of: error))"
    }
  return text.split(whereSeparator: \.isNewline).joined(separator: " ")
}

/// The operating system's words for the call that just failed.
func systemReason() -> String { String(cString: strerror(errno)) }

/// Foundation's own descriptions are dumps; file and cause are in the error's fields.
private func describe(_ error: NSError) -> String {
  let path = error.userInfo[NSFilePathErrorKey] as? String
  let cause = (error.userInfo[NSUnderlyingErrorKey] as? NSError) ?? error
  let words =
    switch (cause.domain, CocoaError.Code(rawValue: cause.code)) {
    case (NSPOSIXErrorDomain, _): String(cString: strerror(Int32(truncatingIfNeeded: cause.code)))
    case (NSCocoaErrorDomain, .fileNoSuchFile), (NSCocoaErrorDomain, .fileReadNoSuchFile):
      "no such file or folder"
    case (NSCocoaErrorDomain, .fileReadNoPermission), (NSCocoaErrorDomain, .fileWriteNoPermission):
      "permission denied"
    case (NSCocoaErrorDomain, .fileWriteOutOfSpace): "no space left on device"
    default: "the file system refused (code \(cause.code))"
    }
  return path.map { "\($0): \(words)" } ?? words
}

/// The description that the error's type declares. The type is asked and not the value, because any
/// error can be bridged to an NSError, which has a description too.
private func ownWords<Failure: Error>(of error: Failure) -> String? {
  Failure.self is any CustomStringConvertible.Type ? String(describing: error) : nil
}

private func isFromFoundation(_ error: any Error) -> Bool {
  error is CocoaError || error is POSIXError || type(of: error) is NSError.Type
}
