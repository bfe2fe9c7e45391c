import Glibc

/// The symbolic name of the errno values that metering meets, "errno N" for others.
func errnoName(_ code: Int32) -> String {
  switch code {
  case EPERM: "EPERM"
  case ENOENT: "ENOENT"
  case EIO: "EIO"
  case EBADF: "EBADF"
  case EACCES: "EACCES"
  case EBUSY: "EBUSY"
  case ENODEV: "ENODEV"
  case EINVAL: "EINVAL"
  case EMFILE: "EMFILE"
  case ENOSPC: "ENOSPC"
  case ENOSYS: "ENOSYS"
  case ENODATA: "ENODATA"
  case EOPNOTSUPP: "EOPNOTSUPP"
  case ESRCH: "ESRCH"
  case EISDIR: "EISDIR"
  case ENOTDIR: "ENOTDIR"
  case EFBIG: "EFBIG"
  case ELOOP: "ELOOP"
  case EXDEV: "EXDEV"
  default: "errno \(code)"
  }
}

/// The C library's words for an errno.
func errnoMessage(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 128)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "unknown error" }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// What the answer of the kernel says about a source.
enum SourceState {
  case permission, absent, notSupported, failed

  init(errno code: Int32) {
    switch code {
    case EACCES, EPERM: self = .permission
    case ENOENT, ENODEV, ENOTDIR: self = .absent
    case EOPNOTSUPP, ENOSYS, EINVAL: self = .notSupported
    default: self = .failed
    }
  }
}
