//! What names people and machines by its form: mail, MAC and IP addresses, and user names beside hosts and in paths.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

use super::Kind::{Email, Ip, Mac, User};
use super::lower::is_word;
use super::rules::{Rule, is_pseudonym, small};

/// A rule sees what those before it have left.
pub fn rules() -> Vec<Rule> {
    vec![
        // Who a mail was for, in the address that it comes back to.
        Rule::new(Email, r"(?P<v>[\p{L}\p{N}][\p{L}\p{N}._-]*\+[\p{L}\p{N}._-]+=(?:[\p{L}\p{N}-]+\.)+\p{L}+@(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+)")
            .needs(b'@')
            .spelled(email),
        Rule::new(Email, r#"(?P<v>"[^"\n@]{1,64}"@(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+)"#).needs(b'@').spelled(small),
        Rule::new(Email, r"(?P<v>[\p{L}\p{N}][\p{L}\p{N}._%+'\\-]*(?:@|%40)(?:[\p{L}\p{N}-]+\\*\.)+\p{L}[\p{L}\p{N}-]+)")
            .spelled(email),
        Rule::new(User, r"(?:^|[^\p{L}\p{N}._-])(?P<v>[\p{L}_][\p{L}\p{N}._-]*)@\[?(?:\d{1,3}\\*\.){3}\d{1,3}")
            .needs(b'@')
            .spelled(small),
        at_host(),
        Rule::new(Mac, r"(?i)(?P<v>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}):(?:[0-9a-f]{2}:){7}[0-9a-f]{2}")
            .needs(b':')
            .spelled(first_of_two_macs),
        Rule::new(Mac, r"(?i)\bmac-[0-9a-z]{10}:(?P<v>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}):[0-9a-f]{2}:[0-9a-f]{2}")
            .needs(b':')
            .spelled(mac_digits),
        Rule::new(Mac, r"(?i)(?P<v>(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\\*\.){2}[0-9a-f]{4})").spelled(mac),
        Rule::new(Mac, r"\b(?P<v>(?:[0-9a-f]{4}-){2}[0-9a-f]{4})\b").needs(b'-').spelled(mac_of_fours),
        Rule::new(Mac, r"(?i)\b01:(?P<v>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})").needs(b':').spelled(mac_of_client),
        Rule::new(Mac, r"(?i)\b(?P<v>(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2})\b").needs(b':').spelled(short_mac),
        Rule::new(Mac, r"(?i)\b(?:[a-z0-9]+[_-])?(?:mac|mac[ _-]?addr(?:ess)?|hwaddr|ether|bssid)\W{1,4}(?P<v>[0-9a-f]{12})\b")
            .spelled(mac),
        Rule::new(Ip, r"(?P<v>(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4})?)")
            .needs(b':')
            .narrowed(around_ipv6)
            .spelled(ipv6),
        Rule::new(Ip, r"(?i)\b(?P<v>(?:[0-9a-f]\.){32})ip6\.arpa").needs(b'.').spelled(reversed_ipv6),
        Rule::new(Ip, r"(?i)\b(?:ip|ec2|host|dhcp|client|pool|dynamic|dyn|static|cpe|ppp|a?dsl|node|customer|user)-(?P<v>\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\b")
            .needs(b'-')
            .spelled(ipv4),
        Rule::new(Ip, r"(?i)\b[a-z][a-z0-9]*-(?P<v>\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})(?:\.[a-z0-9-]+)+\.[a-z]{2,}\b")
            .needs(b'-')
            .spelled(ipv4),
        Rule::new(Ip, r"(?P<v>\d{1,3}(?:\\*\.\d{1,3}){3})").needs(b'.').spelled(ipv4),
        // Of `a10.1.2.3` a word is left.
        at_host(),
        Rule::new(User, r"(?i)%2f(?:home|users)%2f(?P<v>[^%&\s]+)").needs(b'%').spelled(user),
        Rule::new(User, r"(?:/home|/Users|/export/home)/(?P<v>[^/\\\s\x22'`:;,<>|()?*&]+)").needs(b'/').spelled(user),
        Rule::new(User, r"(?i)\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+(?P<v>[^\\/:*?\x22<>|\s']+(?: [^\\/:*?\x22<>|\s']+){0,2})\\")
            .needs(b'\\')
            .spelled(user),
        Rule::new(User, r"(?i)[\\/](?:users|documents and settings)\\+(?P<v>[^\\/:*?\x22<>|\s',;()]+)")
            .needs(b'\\')
            .spelled(user),
        Rule::new(User, r"(?i)\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+(?P<v>[^\\/:*?\x22<>|\s',;()]+)")
            .needs(b':')
            .spelled(user),
    ]
}

/// A user before a host of one word, where the text says that it is one.
fn at_host() -> Rule {
    Rule::new(User, r#"(?i)\b(?:ssh|scp|sftp|rsync|mail|mailto|sender|recipient|user|login|account|from|to|for|by|as)[\s:="'<(\[]+(?P<v>\p{L}[\p{L}\p{N}._-]+)@\p{L}[\p{L}\p{N}_-]*(?:[^\p{L}\p{N}._@-]|\.\s|\.?$)"#)
        .needs(b'@')
        .spelled(small)
}

/// Whether a column holds MAC addresses by its name, so that twelve digits alone are one.
pub fn is_mac_name(name: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?:(?i:^|[^a-z0-9])(?i:mac|mac[_-]?addr(?:ess)?|hwaddr|ether|bssid)|[a-z0-9]Mac(?:Addr(?:ess)?)?)$",
        )
        .expect("a pattern of this file compiles, which a test holds")
    });
    NAME.is_match(name)
}

/// The one spelling of a value that as a whole is a MAC address without signs between.
pub fn bare_mac(value: &str) -> Option<String> {
    let value = value.trim();
    (value.len() == 12 && value.bytes().all(|b| b.is_ascii_hexdigit())).then(|| mac_digits(value, 0, 12)).flatten()
}

fn user(text: &str, start: usize, end: usize) -> Option<String> {
    const NOBODY: [&str; 7] = ["public", "default", "default user", "all users", "shared", "defaultuser0", "<*>"];
    let name = text[start..end].to_lowercase();
    (!NOBODY.contains(&name.as_str()) && !name.starts_with('<') && name != "…").then_some(name)
}

fn email(text: &str, start: usize, end: usize) -> Option<String> {
    // `user-…@host` and the rest of a URL whose secret is gone.
    let local = text[start..end].split('@').next().unwrap_or_default();
    (!is_pseudonym(local)).then(|| text[start..end].replace('\\', "").replace("%40", "@").to_lowercase())
}

fn before(text: &str, start: usize) -> Option<char> {
    text[..start].chars().next_back()
}

fn after(text: &str, end: usize) -> Option<char> {
    text[end..].chars().next()
}

/// Whether the same kind of group goes on behind a separator: a fingerprint, an object id, a longer number.
fn goes_on(text: &str, start: usize, end: usize, separators: &[char], is_digit: fn(char) -> bool) -> bool {
    let mut behind = text[end..].chars();
    let mut ahead = text[..start].chars().rev();
    let on = |first: Option<char>, second: Option<char>| {
        first.is_some_and(is_digit) || first.is_some_and(|c| separators.contains(&c)) && second.is_some_and(is_digit)
    };
    on(behind.next(), behind.next()) || on(ahead.next(), ahead.next())
}

fn mac(text: &str, start: usize, end: usize) -> Option<String> {
    if goes_on(text, start, end, &[':', '-'], |c| c.is_ascii_hexdigit()) {
        return None;
    }
    mac_digits(text, start, end)
}

fn mac_digits(text: &str, start: usize, end: usize) -> Option<String> {
    let digits: String = text[start..end].chars().filter(char::is_ascii_hexdigit).collect();
    // All zeros and all ones are no machine's.
    (!matches!(digits.to_lowercase().as_str(), "000000000000" | "ffffffffffff")).then(|| digits.to_lowercase())
}

/// As switches write it: in lower case. Numbers alone are none.
fn mac_of_fours(text: &str, start: usize, end: usize) -> Option<String> {
    let has = |is: fn(&u8) -> bool| text.as_bytes()[start..end].iter().any(is);
    (has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase)).then(|| mac(text, start, end)).flatten()
}

/// As names of hosts are asked for by their addresses: digit by digit, from the last.
fn reversed_ipv6(text: &str, start: usize, end: usize) -> Option<String> {
    let digits: Vec<char> = text[start..end].chars().rev().filter(char::is_ascii_hexdigit).collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    spelled(IpAddr::V6(groups.join(":").parse().ok()?))
}

/// A frame's head, as firewalls write it: two addresses and a type of two bytes. More bytes are a fingerprint.
fn first_of_two_macs(text: &str, start: usize, end: usize) -> Option<String> {
    const REST: usize = ":00".len() * 8;
    (!goes_on(text, start, end + REST, &[':'], |c| c.is_ascii_hexdigit()))
        .then(|| mac_digits(text, start, end))
        .flatten()
}

/// Behind the `01` by which a DHCP client's id says that it is an address.
fn mac_of_client(text: &str, start: usize, end: usize) -> Option<String> {
    let begin = start - "01:".len();
    (!goes_on(text, begin, end, &[':'], |c| c.is_ascii_hexdigit())).then(|| mac_digits(text, start, end)).flatten()
}

/// Without leading zeros, as `arp` of BSD writes it. Digits alone may be times.
fn short_mac(text: &str, start: usize, end: usize) -> Option<String> {
    let inside = &text[start..end];
    let is_told = inside.bytes().any(|b| b.is_ascii_alphabetic()) || text[..start].ends_with(" at ");
    if !is_told || goes_on(text, start, end, &[':'], |c| c.is_ascii_hexdigit()) {
        return None;
    }
    let padded: String = inside.split(':').map(|part| format!("{part:0>2}")).collect();
    mac_digits(&padded, 0, padded.len())
}

/// Addresses that are the same on every machine tell nothing.
fn spelled(address: IpAddr) -> Option<String> {
    (!address.is_loopback() && !address.is_unspecified() && address != IpAddr::V4(Ipv4Addr::BROADCAST))
        .then(|| address.to_string())
}

/// What of a run of groups and colons is the address: not the colon of the word before it, that of the sentence, or a
/// port.
fn around_ipv6(text: &str, start: usize, end: usize) -> (usize, usize) {
    let (mut start, mut end) = (start, end);
    let is_lone = |inside: &str| inside.starts_with(':') && !inside.starts_with("::");
    let word = text[..start].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if is_lone(&text[start..end]) && word.chars().any(|c| !c.is_ascii_hexdigit()) {
        start += 1;
    }
    if text[..end].ends_with(':') && !text[..end].ends_with("::") && end > start + 1 {
        end -= 1;
    }
    // A group of five digits is none: `2001:db8::5:54321`.
    let last = text[start..end].rsplit(':').next().unwrap_or_default();
    let is_digit = |c: char| c.is_ascii_digit();
    let is_port = last.len() == 4 && last.chars().all(is_digit) && after(text, end).is_some_and(is_digit);
    if is_port && !text[end + 1..].starts_with(is_word) {
        end -= last.len() + 1;
    }
    (start, end)
}

fn ipv6(text: &str, start: usize, end: usize) -> Option<String> {
    let word = text[..start].strip_suffix(':').map(|ahead| ahead.rsplit(|c| !is_word(c)).next().unwrap_or_default());
    let is_behind_colon = word.is_some_and(|word| !word.chars().any(|c| is_word(c) && !c.is_ascii_hexdigit()));
    if before(text, start).is_some_and(is_word) || is_behind_colon || after(text, end).is_some_and(is_word) {
        return None;
    }
    // A colon behind it may be the sentence's, or that of a port.
    let mut behind = text[end..].chars();
    if behind.next() == Some(':') && behind.next().is_some_and(|c| c.is_ascii_hexdigit() || c == ':') {
        let groups = text[start..end].split(':');
        let is_whole = groups.clone().count() == 8 && groups.clone().any(|group| group.len() > 2);
        let digits = text[end + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let is_port = (4..6).contains(&digits) && !text[end + 1 + digits..].starts_with(|c| is_word(c) || c == ':');
        let is_cut = text[end + 1..].starts_with(|c: char| c.is_ascii_digit()) && text[start..end].contains("::");
        if !(is_port && (is_whole || is_cut)) {
            return None;
        }
    }
    let inside = &text[start..end];
    let address: Ipv6Addr = inside.parse().ok()?;
    // `a::b` is a name in a program.
    if inside.matches(':').count() < 4 && !inside.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    spelled(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

/// Four numbers with points are an address, unless the text says that they are a version (`v1.2.3.4`, `version
/// 1.2.3.4`) or there are more of them.
fn ipv4(text: &str, start: usize, end: usize) -> Option<String> {
    if goes_on(text, start, end, &['.'], |c| c.is_ascii_digit()) && !has_port(text, start, end) {
        return None;
    }
    let parts: Option<Vec<u8>> =
        text[start..end].replace('\\', "").split(['.', '-']).map(|part| part.parse().ok()).collect();
    let parts: [u8; 4] = parts?.try_into().ok()?;
    let address = Ipv4Addr::from(parts);
    let ahead = text[..start].trim_end_matches([' ', '=', ':', '"', '\'']).to_lowercase();
    let word = ahead.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_behind_v =
        text[..start].strip_suffix(['v', 'V']).is_some_and(|ahead| !ahead.ends_with(char::is_alphanumeric));
    let is_version = match word {
        "v" | "ver" | "version" | "build" | "firmware" | "revision" => true,
        // An address is released too.
        "release" => !address.is_private(),
        _ => is_behind_v,
    };
    (!is_version).then(|| spelled(IpAddr::V4(address))).flatten()
}

/// Whether a fifth number is a port, as tcpdump and netstat of BSD write it. One that could be a part of a version or of
/// an object id is one between addresses only.
fn has_port(text: &str, start: usize, end: usize) -> bool {
    let Some(behind) = text[end..].strip_prefix('.') else { return false };
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    let (port, behind) = behind.split_at(digits);
    let ends = !behind.starts_with(is_word)
        && !behind.strip_prefix('.').is_some_and(|more| more.starts_with(|c: char| c.is_ascii_digit()));
    let begins = !text[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_'));
    let is_between = behind.starts_with(" > ") || text[..start].ends_with(" > ");
    begins && ends && port.parse::<u16>().is_ok_and(|port| port > 255 || is_between)
}
