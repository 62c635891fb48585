//! What is found by its form: addresses, keys and tokens, user names in paths. Each rule says where the secret stands
//! and, of the spellings that one thing has, which is hashed.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Kind;

/// The one spelling of what was found, if it is what it looks like; given the text, where it begins and ends.
type Spelled = fn(&str, usize, usize) -> Option<String>;

struct Rule {
    kind: Kind,
    /// A byte without which nothing can be found: most texts have not all of them.
    needs: Option<u8>,
    /// The group `v` is what is replaced.
    pattern: Regex,
    /// Less than the pattern finds, where that tells what it is by what stands around it.
    narrowed: fn(&str, usize, usize) -> (usize, usize),
    spelled: Spelled,
}

/// A place of a text, and what is shown there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub shown: String,
}

/// Words whose value is a secret.
const TELLING: &str = r"(?:password|passwd|passphrase|pwd|secret|token|credentials?|jwt|csrf|xsrf|sig|signature|bearer|(?:api|access|account|private|secret|signing|encryption|encrypt|shared|sharedaccess|master|session|auth|ssh|client|license|registration|webhook)[_.-]?(?:key|secret|token)|session[_-]?id|sessid|phpsessid|jsessionid|keyid|identified by)";

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    use Kind::{Email, Ip, Mac, Secret, User};
    // Between a name and its value, as JSON, TOML, SQL, URLs and command lines write it.
    let is = r#"(?:\\*["'`])?\s*(?:[=:]+>?|%3[dD]|\s)\s*(?:(?:is|was)\s+)?"#;
    let value = r#"(?:\\*"(?P<v>[^"\\\n]+)|'(?P<w>[^'\n]+)|(?P<x>[^\s"'`&,;<>\)\]\}|\\]+))"#;
    let rules: Vec<(Kind, u8, String, Spelled)> = vec![
        (Secret, b'-', r"(?s)(?P<v>-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$))".into(), as_is),
        (Secret, b':', r#"(?i)\b(?:set-)?cookie(?:\\*["'])?\s*:\s*(?:\\*["'])?(?P<v>[^\n"\\]+)"#.into(), secret),
        (Secret, b'\0', r#"(?i)\b(?:proxy-)?authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?:(?:bearer|basic|token|negotiate|apikey)\s+(?P<v>[^\s"'\\,;]+)|(?:digest|aws4-hmac-sha256)\s+(?P<w>[^\n]+)|(?P<x>[^\s"'\\,;]+))"#.into(), header),
        (Secret, b'\0', r"(?i)\b(?:bearer|basic)\s+(?P<v>[a-z0-9+/_.~-]{16,}=*)".into(), secret),
        (Secret, b'/', r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\x22]*:(?P<v>[^\s/@'\x22]+)@".into(), as_is),
        (User, b'/', r"[a-zA-Z][a-zA-Z0-9+.-]*://(?P<v>[^\s/:@'\x22]+)(?::[^\s/@]*)?@".into(), lower),
        (Secret, b'/', r"(?P<v>https://hooks\.slack\.com/services/[A-Za-z0-9/_-]+)".into(), as_is),
        (Secret, b'.', r"\b(?P<v>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)".into(), as_is),
        (Secret, b'\0', r"\b(?P<v>(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{15,}|xox[a-z]-[A-Za-z0-9_-]{8,}|xapp-[A-Za-z0-9_-]{8,}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{10,}|[spr]k_(?:live|test)_[A-Za-z0-9_]{8,}|npm_[A-Za-z0-9_]{20,}|pypi-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|dop_v1_[A-Za-z0-9_]{20,})".into(), as_is),
        (Secret, b'\0', r"(?P<v>\bssh-(?:rsa|dss|ed25519) AAAA[A-Za-z0-9+/=]+|\bAAAA[BCE][A-Za-z0-9+/]{30,}=*)".into(), as_is),
        (Secret, b'<', format!(r"(?i)<[a-z0-9_.:-]*{TELLING}(?:\s[^<>]*)?>(?P<v>[^<>\n]+)</"), header),
        (Secret, b'=', format!(r#"(?i){TELLING}["']\s+value\s*=\s*(?:"(?P<v>[^"\n]+)|'(?P<w>[^'\n]+))"#), header),
        (Secret, b'\0', format!(r"(?i)[a-z0-9_.-]*{TELLING}{is}{value}"), secret),
        (Secret, b'=', r#"(?i)[?&](?:pass|passw|pw)=(?P<v>[^\s&;#"'<>]+)"#.into(), parameter),
        (Email, b'\0', r"(?P<v>[\p{L}\p{N}][\p{L}\p{N}._%+'\\-]*(?:@|%40)(?:[\p{L}\p{N}-]+\\*\.)+\p{L}[\p{L}\p{N}-]+)".into(), email),
        (User, b'@', r"(?:^|[^\p{L}\p{N}._-])(?P<v>[\p{L}_][\p{L}\p{N}._-]*)@(?:\d{1,3}\\*\.){3}\d{1,3}".into(), lower),
        (User, b'@', r#"(?i)\b(?:ssh|scp|sftp|rsync|mail|mailto|sender|recipient|user|login|account|from|to|for|by|as)[\s:="'<(\[]+(?P<v>\p{L}[\p{L}\p{N}._-]+)@\p{L}[\p{L}\p{N}_-]*(?:[^\p{L}\p{N}._@-]|\.\s|\.?$)"#.into(), lower),
        (Mac, b':', r"(?i)(?P<v>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}):(?:[0-9a-f]{2}:){7}[0-9a-f]{2}".into(), first_of_two_macs),
        (Mac, b':', r"(?i)\bmac-[0-9a-z]{10}:(?P<v>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}):[0-9a-f]{2}:[0-9a-f]{2}".into(), mac_digits),
        (Mac, b'\0', r"(?i)(?P<v>(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\\*\.){2}[0-9a-f]{4})".into(), mac),
        (Mac, b':', r"(?i)\b01:(?P<v>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})".into(), mac_of_client),
        (Mac, b':', r"(?i)\b(?P<v>(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2})\b".into(), short_mac),
        (Mac, b'\0', r"(?i)\b(?:[a-z0-9]+[_-])?(?:mac|mac[_-]?addr(?:ess)?|hwaddr|ether|bssid)\W{1,4}(?P<v>[0-9a-f]{12})\b".into(), mac),
        (Ip, b':', r"(?P<v>(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4})?)".into(), ipv6),
        (Ip, b'-', r"(?i)\b(?:ip|ec2|host|dhcp|client|pool|dynamic|dyn|static|cpe|ppp|a?dsl|node|customer|user)-(?P<v>\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\b".into(), ipv4),
        (Ip, b'-', r"(?i)\b[a-z][a-z0-9]*-(?P<v>\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})(?:\.[a-z0-9-]+)+\.[a-z]{2,}\b".into(), ipv4),
        (Ip, b'.', r"(?P<v>\d{1,3}(?:\\*\.\d{1,3}){3})".into(), ipv4),
        (User, b'%', r"(?i)%2f(?:home|users)%2f(?P<v>[^%&\s]+)".into(), user),
        (User, b'/', r"(?:/home|/Users|/export/home)/(?P<v>[^/\\\s\x22'`:;,<>|()?*&]+)".into(), user),
        (User, b'\\', r"(?i)\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+(?P<v>[^\\/:*?\x22<>|\s']+(?: [^\\/:*?\x22<>|\s']+){0,2})\\".into(), user),
        (User, b'\\', r"(?i)[\\/](?:users|documents and settings)\\+(?P<v>[^\\/:*?\x22<>|\s',;()]+)".into(), user),
        (User, b':', r"(?i)\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+(?P<v>[^\\/:*?\x22<>|\s',;()]+)".into(), user),
    ];
    rules
        .into_iter()
        .map(|(kind, needs, pattern, spelled)| Rule {
            kind,
            needs: Some(needs).filter(|byte| *byte != 0),
            narrowed: if pattern.contains("{0,4}:") { around_ipv6 } else { |_, start, end| (start, end) },
            pattern: Regex::new(&pattern).expect("a pattern of this file compiles, which a test holds"),
            spelled,
        })
        .collect()
});

/// Where something stands in a text, and its pseudonym, in order. A rule sees what those before it have left.
pub fn spans(text: &str, pseudonym: impl Fn(Kind, &str) -> String) -> Vec<Span> {
    let mut left = Left { text: Cow::Borrowed(text), pieces: Vec::new() };
    for rule in RULES.iter() {
        if rule.needs.is_some_and(|byte| !left.text.as_bytes().contains(&byte)) {
            continue;
        }
        let mut found = Vec::new();
        for hit in rule.pattern.captures_iter(&left.text) {
            let Some((start, end)) = place(&hit) else { continue };
            let (start, end) = (rule.narrowed)(&left.text, start, end);
            if is_pseudonym(&left.text[start..end]) {
                continue;
            }
            if let Some(spelled) = (rule.spelled)(&left.text, start, end) {
                found.push(Span { start, end, shown: pseudonym(rule.kind, &spelled) });
            }
        }
        if !found.is_empty() {
            left = left.with(found);
        }
    }
    left.pieces.into_iter().map(|(_, span)| span).collect()
}

/// A text of which some is replaced: each piece with where it begins now, and its place in the text as it was.
struct Left<'a> {
    text: Cow<'a, str>,
    pieces: Vec<(usize, Span)>,
}

impl Left<'_> {
    fn with(self, found: Vec<Span>) -> Self {
        let mut pieces: Vec<(usize, Span)> = Vec::new();
        let mut text = String::with_capacity(self.text.len());
        let (mut copied, mut old) = (0, self.pieces.iter().peekable());
        for Span { start, end, shown } in found {
            // Those that stand before it stay; those within it are part of it.
            while let Some((at, piece)) = old.next_if(|(at, _)| *at < end) {
                if *at + piece.shown.len() <= start {
                    pieces.push((text.len() + at - copied, piece.clone()));
                }
            }
            let place = Span { start: self.origin(start, false), end: self.origin(end, true), shown };
            text.push_str(&self.text[copied..start]);
            copied = end;
            let at = text.len();
            text.push_str(&place.shown);
            pieces.push((at, place));
        }
        pieces.extend(old.map(|(at, piece)| (text.len() + at - copied, piece.clone())));
        text.push_str(&self.text[copied..]);
        Left { text: Cow::Owned(text), pieces }
    }

    /// Where a place stood in the text as it was; within a piece it is the piece's beginning or end.
    fn origin(&self, place: usize, is_end: bool) -> usize {
        let before = self.pieces.partition_point(|(at, _)| if is_end { *at < place } else { *at <= place });
        let Some((at, piece)) = before.checked_sub(1).map(|last| &self.pieces[last]) else { return place };
        match place.checked_sub(at + piece.shown.len()) {
            Some(behind) => piece.end + behind,
            None if is_end => piece.end,
            None => piece.start,
        }
    }
}

/// The text with each thing in it replaced.
pub fn replaced(text: &str, pseudonym: impl Fn(Kind, &str) -> String) -> String {
    with(text, &spans(text, pseudonym))
}

/// The text with what is to be shown at some places, which are in order.
pub fn with(text: &str, spans: &[Span]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    for span in spans {
        shown.push_str(&text[copied..span.start]);
        shown.push_str(&span.shown);
        copied = span.end;
    }
    shown.push_str(&text[copied..]);
    shown
}

/// Where pseudonyms stand already.
pub fn pseudonyms(text: &str) -> Vec<Span> {
    static PSEUDONYM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:email|ip|mac|user|secret|value)-[0-9a-z]{10}\b")
            .expect("a pattern of this file compiles, which a test holds")
    });
    let found = PSEUDONYM.find_iter(text).filter(|found| is_pseudonym(found.as_str()));
    found.map(|found| Span { start: found.start(), end: found.end(), shown: found.as_str().to_string() }).collect()
}

/// Whether the values of a column, or of a key of JSON, are secrets by its name: it ends with a word that marks one in
/// texts. The short words must be words of their own.
pub fn is_secret_name(name: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        let short = "pwd|jwt|csrf|xsrf|sig";
        let long = TELLING.replace(&format!("{short}|"), "").replace("pwd|", "").replace("jwt|csrf|xsrf|sig|", "");
        let camel = "Pwd|Jwt|Csrf|Xsrf|Sig";
        let pattern =
            format!("(?i)(?:{long}|authorization|cookie|(?:^|[^a-z0-9])(?:{short})|(?-i:[a-z0-9](?:{camel})))$");
        Regex::new(&pattern).expect("a pattern of this file compiles, which a test holds")
    });
    NAME.is_match(name)
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

fn place(found: &Captures) -> Option<(usize, usize)> {
    let group = ["v", "w", "x"].into_iter().find_map(|name| found.name(name))?;
    Some((group.start(), group.end()))
}

/// A text without the words that were cut off.
pub fn without_cut_words(text: &str) -> Cow<'_, str> {
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[^\s,]*[\p{L}\p{N}_.@%+/\\:-]…").expect("a pattern of this file compiles, which a test holds")
    });
    if text.contains('…') { CUT.replace_all(text, "…") } else { Cow::Borrowed(text) }
}

/// A text with what `\x22` and `\u0022` stand for, if it has any of printable ASCII.
pub fn unescaped(text: &str) -> Option<String> {
    static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\(?:x|u00)([2-7][0-9A-Fa-f])").expect("a pattern of this file compiles, which a test holds")
    });
    if !text.contains("\\x") && !text.contains("\\u00") {
        return None;
    }
    let plain = ESCAPE.replace_all(text, |found: &Captures| {
        u8::from_str_radix(&found[1], 16).map_or_else(|_| found[0].to_string(), |byte| char::from(byte).to_string())
    });
    match plain {
        Cow::Borrowed(_) => None,
        Cow::Owned(plain) => Some(plain),
    }
}

/// Whether it is what this program puts in the place of others.
pub fn is_pseudonym(text: &str) -> bool {
    let Some((kind, digits)) = text.split_once('-') else { return false };
    let is_digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_lowercase() && !matches!(b, b'i' | b'l' | b'o' | b'u'));
    matches!(kind, "email" | "ip" | "mac" | "user" | "secret" | "value")
        && digits.len() == 10
        && digits.bytes().all(is_digit)
}

fn as_is(text: &str, start: usize, end: usize) -> Option<String> {
    Some(text[start..end].to_string())
}

fn lower(text: &str, start: usize, end: usize) -> Option<String> {
    Some(text[start..end].to_lowercase())
}

/// What stands there in place of a secret.
pub fn is_none(value: &str) -> bool {
    const NONE: [&str; 12] = [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "bearer",
        "basic",
        "required",
        "expired",
        "invalid",
        "missing",
    ];
    let is_masked = |c: char| matches!(c, '*' | '.' | '…' | 'x' | 'X' | '<' | '>' | '?' | '$');
    NONE.contains(&value.to_lowercase().as_str()) || value.chars().all(is_masked)
}

/// A value behind a telling word. Without a sign that it is one (`=`, `:`, a flag) only what no word of a sentence looks
/// like is taken for one: `token 3f9a21`, but not `token expired`.
fn secret(text: &str, start: usize, end: usize) -> Option<String> {
    let value = text[start..end].trim_end_matches(['.', ':', '!', '?']);
    let ahead = text[..start].trim_end_matches(['"', '\'', '`', '\\']).trim_end();
    let is_said = ahead.ends_with(['=', ':', '>']) || ahead.ends_with("%3D") || ahead.ends_with("%3d");
    let is_flag = ahead.rsplit([' ', '\t', '\n']).next().is_some_and(|word| word.starts_with('-'));
    let is_random = value.len() >= 6 && value.bytes().any(|b| b.is_ascii_digit());
    (!value.is_empty() && !is_none(value) && (is_said || is_flag || is_random)).then(|| value.to_string())
}

/// What an Authorization header carries.
fn header(text: &str, start: usize, end: usize) -> Option<String> {
    (!is_none(&text[start..end])).then(|| text[start..end].to_string())
}

/// `pass=3` may count what passed.
fn parameter(text: &str, start: usize, end: usize) -> Option<String> {
    let value = &text[start..end];
    let is_count = value.len() < 4 && value.bytes().all(|b| b.is_ascii_digit());
    (!is_count && !is_none(value)).then(|| value.to_string())
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
    if is_port && !text[end + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        end -= last.len() + 1;
    }
    (start, end)
}

fn ipv6(text: &str, start: usize, end: usize) -> Option<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
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
    let ends = !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && !behind.strip_prefix('.').is_some_and(|more| more.starts_with(|c: char| c.is_ascii_digit()));
    let begins = !text[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_'));
    let is_between = behind.starts_with(" > ") || text[..start].ends_with(" > ");
    begins && ends && port.parse::<u16>().is_ok_and(|port| port > 255 || is_between)
}
