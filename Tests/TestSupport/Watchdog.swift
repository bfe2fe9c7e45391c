import Dispatch
import Foundation

/// Ends the process, and with it the tests, where a piece of work takes longer than it may: what never
/// ends could not be reported otherwise.
package final class Watchdog {
  private let timer: any DispatchSourceTimer

  package init(seconds: Int, _ what: String) {
    timer = DispatchSource.makeTimerSource(queue: .global(qos: .userInteractive))
    timer.schedule(deadline: .now() + .seconds(seconds))
    timer.setEventHandler {
      FileHandle.standardError.write(Data("\(what): not done after \(seconds) s\n".utf8))
      abort()
    }
    timer.resume()
  }

  deinit { timer.cancel() }
}
