//! What the operating system says of a process: CPU time and memory.

use std::{fs, io};

/// A reading of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// CPU seconds in user and kernel mode, of all its threads, ended ones too.
    pub cpu: f64,
    /// Resident memory, in KiB.
    pub resident: u64,
}

/// Clock ticks in a second, in which /proc counts CPU time: sysconf(_SC_CLK_TCK)
/// is 100 on every Linux that runs workerd.
const TICKS: f64 = 100.0;

/// Reads a process.
///
/// # Errors
/// Where it is gone, or there is no /proc.
pub fn read(pid: u32) -> io::Result<Reading> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    match (cpu(&stat), resident(&status)) {
        (Some(cpu), Some(resident)) => Ok(Reading { cpu, resident }),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid} is not as expected"))),
    }
}

/// utime and stime, fields 14 and 15 of proc_pid_stat(5). The name, field 2, stands
/// in parentheses and may hold spaces.
fn cpu(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_user_and_kernel_time_behind_a_name_with_spaces() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 1 0 12345 1 2 3";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(cpu("7 (x) S 1 7"), None);
    }

    #[test]
    fn resident_memory_is_in_kib() {
        assert_eq!(resident("Name:\tworkerd\nVmHWM:\t  900 kB\nVmRSS:\t  812 kB\n"), Some(812));
        assert_eq!(resident("Name:\tworkerd\n"), None);
    }
}
