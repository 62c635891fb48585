//! The general query log of MySQL and MariaDB as old servers write it: only the first command of a second has its time,
//! those behind it begin with two tabs and are of the same second. MySQL, "The General Query Log".

pub const FORMAT: &str = "mysql_general";

/// What a command's time may be while it is only asked whether a line is one.
const ANY: &[u8] = b"700101 00:00:00";
/// Where in it the hour begins.
const HOUR: usize = 7;

/// As the server names them (sql/sql_parse.cc, `command_name`).
const COMMANDS: [&[u8]; 36] = [
    b"Sleep",
    b"Quit",
    b"Init DB",
    b"Query",
    b"Field List",
    b"Create DB",
    b"Drop DB",
    b"Refresh",
    b"Shutdown",
    b"Statistics",
    b"Processlist",
    b"Connect",
    b"Kill",
    b"Debug",
    b"Ping",
    b"Time",
    b"Delayed insert",
    b"Change user",
    b"Binlog Dump",
    b"Binlog Dump GTID",
    b"Table Dump",
    b"Connect Out",
    b"Register Slave",
    b"Register Replica",
    b"Prepare",
    b"Execute",
    b"Long Data",
    b"Close stmt",
    b"Reset stmt",
    b"Set option",
    b"Fetch",
    b"Daemon",
    b"Reset Connection",
    b"Bulk_execute",
    b"Clone",
    b"Error",
];

/// The time of a command that has one: `250301 13:10:04`, or with a blank before an hour of one digit. A statement may have
/// lines that begin with a number or a time; they are no commands.
pub fn stamp(line: &[u8]) -> Option<&[u8]> {
    let (stamp, rest) = line.split_at_checked(ANY.len())?;
    let is_like = |(byte, like): (&u8, &u8)| if like.is_ascii_digit() { byte.is_ascii_digit() } else { byte == like };
    let is_hour = |(at, pair): (usize, (&u8, &u8))| is_like(pair) || at == HOUR && *pair.0 == b' ';
    let is_time = stamp.iter().zip(ANY).enumerate().all(is_hour);
    (is_time && rest.strip_prefix(b"\t").is_some_and(is_of_thread)).then_some(stamp)
}

/// A command without a time as it would be written with one. `None` if the line is none.
pub fn timed(line: &[u8], stamp: &[u8]) -> Option<Vec<u8>> {
    is_command(line).then(|| [stamp, &line[1..]].concat())
}

/// The same, where only the form of the line counts.
pub fn formed(line: &[u8]) -> Option<Vec<u8>> {
    timed(line, ANY)
}

/// `\t\t     3 Query\tselect 1`
fn is_command(line: &[u8]) -> bool {
    line.strip_prefix(b"\t\t").is_some_and(is_of_thread)
}

/// `     3 Query\tselect 1`
fn is_of_thread(text: &[u8]) -> bool {
    let rest = text.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some([b' ', rest @ ..]) = rest.get(digits..).filter(|_| digits > 0) else { return false };
    memchr::memchr(b'\t', rest).is_some_and(|end| COMMANDS.contains(&&rest[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_from_an_indented_statement() {
        assert_eq!(
            timed(b"\t\t    33 Init DB\tshop", b"250301 13:10:04"),
            Some(b"250301 13:10:04\t    33 Init DB\tshop".to_vec())
        );
        assert_eq!(stamp(b"250301 13:10:04\t    33 Quit\t"), Some(&b"250301 13:10:04"[..]));
        assert_eq!(stamp(b"250301  9:10:04\t    33 Quit\t"), Some(&b"250301  9:10:04"[..]));
        for line in
            ["1,\t'a'", "250301 13:10:04\tas t", "250301 13:10:04", "20250301 13:10\t 3 Quit\t", "\t\t 3 Quit\t"]
        {
            assert_eq!(stamp(line.as_bytes()), None, "{line}");
        }
        for line in ["\t\t3 AS three,\tt.a", "\t\tQuery\tx", "\t 3 Query\tx", "\t\t 3 Query x", "Query\tx"] {
            assert!(!is_command(line.as_bytes()), "{line}");
        }
    }
}
