//! Processor time of a thread: what a stage costs, however busy the machine is.

use std::time::Duration;

/// Processor time that the calling thread has used so far.
#[cfg(unix)]
#[must_use]
pub fn of_this_thread() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Wall time since the first call, where the system has no clock for threads.
#[cfg(not(unix))]
#[must_use]
pub fn of_this_thread() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// What `work` returns, and the processor time that it took on this thread.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = of_this_thread();
    let made = work();
    (made, of_this_thread().saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_costs_nothing_and_working_does() {
        let ((), slept) = measured(|| std::thread::sleep(Duration::from_millis(30)));
        assert!(slept < Duration::from_millis(20), "{slept:?}");
        let (sum, worked) =
            measured(|| (0..20_000_000_u64).fold(0, |sum, next| std::hint::black_box(sum ^ next)));
        assert!(worked > Duration::from_millis(1), "{worked:?} for {sum}");
    }
}
