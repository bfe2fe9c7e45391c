import Testing
import Training

@Suite struct CosineScheduleTests {
  @Test func risesFallsAndEndsAtTheFloor() {
    let schedule = CosineSchedule(peak: 1, steps: 110, warmup: 10, floor: 0.01)
    #expect(schedule.rate(at: 0) == 0.1)
    #expect(schedule.rate(at: 9) == 1)
    #expect(abs(schedule.rate(at: 60) - 0.505) < 1e-9)
    #expect(abs(schedule.rate(at: 110) - 0.01) < 1e-9)
    #expect(schedule.rate(at: 500) <= 0.0100001)
  }
}
