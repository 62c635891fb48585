//! Patterns of log lines as a person would write them, compiled to steps over bytes:
//! `{ts:%Y-%m-%d %H:%M:%S,%3f} {level} [{thread}] {logger} - {message}`.
//!
//! A blank stands for one or more. A field ends where what follows it in the pattern begins, the nearest such place
//! first; `{message}` at the end takes the rest. `{? … }` may be there or not, `{_}` is thrown away, `{{` is a brace.

use std::hash::{Hash, Hasher};

use super::level::Level;
use super::stamp::StampFormat;
use crate::source::infer::Reading;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Literal(Vec<u8>),
    Blanks,
    /// The event's time, or a further one that is a field.
    Time {
        format: StampFormat,
        field: Option<usize>,
        /// The same for the same format.
        id: u64,
        /// A dash may stand for it.
        is_optional: bool,
    },
    Level {
        field: usize,
        /// Only in capitals, where the word stands in running text.
        is_upper: bool,
    },
    Message,
    Field {
        field: Option<usize>,
        kind: FieldKind,
    },
    /// One of a few words, the longer first.
    OneOf {
        field: Option<usize>,
        words: Vec<Vec<u8>>,
    },
    /// The steps up to `skip` may be left out.
    Optional {
        skip: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// Anything.
    Text,
    /// Anything without a blank.
    Word,
    /// The same, if it can name a host or program: no level, number or word that sentences are made of.
    Name,
    /// `is_optional`: a dash stands for none.
    Int {
        is_optional: bool,
    },
    Real {
        is_optional: bool,
    },
    Hex,
    /// A UUID, or 16 or 32 hexadecimal digits.
    Id,
    /// Addresses up to a quote, the client's first, or a dash.
    Addresses,
    /// A small letter, then more of them, digits, `_`, `.` and `-`.
    Slug,
    /// Words with dots between them, such as the name of a class: no word of a message is mistaken for one.
    Dotted,
    /// In double quotes.
    Quoted,
    /// Of syslog: facility and severity in one number.
    Priority,
    /// Of HTTP.
    Status,
    Code,
}

/// How the text of a field becomes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    Read(Reading),
    Time(StampFormat),
}

/// A field of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub kind: FieldType,
}

/// The field that keeps a level as it is written.
pub const LEVEL_RAW: &str = "level_raw";

/// The number of a field; one not yet known is added. Of two kinds under one name the field is text.
pub fn field_index(fields: &mut Vec<Field>, name: &str, kind: FieldType) -> usize {
    let index = fields.iter().position(|known| known.name == name).unwrap_or_else(|| {
        fields.push(Field { name: name.to_string(), kind: kind.clone() });
        fields.len() - 1
    });
    if fields[index].kind != kind {
        fields[index].kind = FieldType::Read(Reading::Text);
    }
    index
}

/// A compiled pattern. Its fields are numbered by the names that the whole format has.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub(super) steps: Vec<Step>,
    pub(super) levels: Vec<(String, Level)>,
    /// There are fields and no message.
    pub has_fields_only: bool,
    /// Bytes that every line of it has behind its first field: found faster than the steps are walked.
    pub(super) needs: Option<memchr::memmem::Finder<'static>>,
}

impl Pattern {
    /// Compiles a pattern; names not yet in `fields` are added. One without a time is refused unless `is_timeless`.
    ///
    /// # Errors
    /// Says what in the pattern is not understood.
    pub fn compile(
        text: &str,
        fields: &mut Vec<Field>,
        levels: &[(String, Level)],
        is_timeless: bool,
    ) -> Result<Pattern, String> {
        let mut steps = Vec::new();
        let rest = parse(text, text, fields, &mut steps, 0)?;
        if !rest.is_empty() {
            return Err(format!("`}}` without `{{` in `{text}`"));
        }
        let times = steps.iter().filter(|step| matches!(step, Step::Time { field: None, .. })).count();
        if times == 0 && !is_timeless {
            return Err(format!("no `{{ts:…}}` in `{text}`"));
        }
        let has_fields =
            steps.iter().any(|step| matches!(step, Step::Field { .. } | Step::OneOf { .. } | Step::Level { .. }));
        let has_fields_only = has_fields && !steps.contains(&Step::Message);
        let needs = needed(&steps).map(|bytes| memchr::memmem::Finder::new(bytes).into_owned());
        let pattern = Pattern { steps, levels: levels.to_vec(), has_fields_only, needs };
        if !pattern.ends_are_told() {
            return Err(format!("nothing tells where one field ends and the next begins in `{text}`"));
        }
        Ok(pattern)
    }

    /// Whether every field of open length is followed by something that can be looked for.
    fn ends_are_told(&self) -> bool {
        (0..self.steps.len()).filter(|index| is_open(&self.steps[*index])).all(|index| self.is_end(index + 1))
    }

    fn is_end(&self, next: usize) -> bool {
        match self.steps.get(next) {
            None | Some(Step::Literal(_) | Step::Blanks) => true,
            Some(Step::Optional { skip }) => self.is_end(next + 1) && self.is_end(*skip),
            Some(_) => false,
        }
    }

    /// Whether a line of this pattern may begin with this byte.
    pub fn may_begin(&self, byte: u8) -> bool {
        self.may_go_on(0, byte)
    }

    fn may_go_on(&self, index: usize, byte: u8) -> bool {
        let is_number = byte.is_ascii_digit() || byte == b'-';
        match self.steps.get(index) {
            Some(Step::Literal(bytes)) => bytes.first() == Some(&byte),
            Some(Step::Blanks) => matches!(byte, b' ' | b'\t'),
            Some(Step::Time { format, is_optional, .. }) => format.may_begin(byte) || *is_optional && byte == b'-',
            Some(Step::Level { .. }) => {
                byte.is_ascii_alphabetic() || self.levels.iter().any(|(name, _)| name.as_bytes().first() == Some(&byte))
            }
            Some(Step::Optional { skip }) => self.may_go_on(index + 1, byte) || self.may_go_on(*skip, byte),
            Some(Step::OneOf { words, .. }) => words.iter().any(|word| word.first() == Some(&byte)),
            Some(Step::Message) | None => true,
            Some(Step::Field { kind, .. }) => match kind {
                FieldKind::Text | FieldKind::Word | FieldKind::Name | FieldKind::Code | FieldKind::Addresses => true,
                FieldKind::Int { .. } | FieldKind::Real { .. } => is_number,
                FieldKind::Hex | FieldKind::Id => byte.is_ascii_hexdigit(),
                FieldKind::Slug => byte.is_ascii_lowercase(),
                FieldKind::Dotted => byte.is_ascii_alphabetic(),
                FieldKind::Quoted => byte == b'"',
                FieldKind::Priority | FieldKind::Status => byte.is_ascii_digit(),
            },
        }
    }

    /// Whether no line can be of both patterns, as far as that can be told from the steps before their first field of
    /// open length.
    pub fn excludes(&self, other: &Pattern) -> bool {
        for index in 0.. {
            match (self.steps.get(index), other.steps.get(index)) {
                (Some(a), Some(b)) if a == b && !is_open(a) && !matches!(a, Step::Optional { .. }) => {}
                // A literal of one may be the beginning of the other's.
                (Some(Step::Literal(a)), Some(Step::Literal(b))) => return a.iter().zip(b).any(|(a, b)| a != b),
                (Some(_), Some(_)) => {
                    return (0..=255).all(|byte| !(self.may_go_on(index, byte) && other.may_go_on(index, byte)));
                }
                _ => return false,
            }
        }
        false
    }

    /// The formats of its event's time.
    pub fn stamps(&self) -> impl Iterator<Item = &StampFormat> {
        self.steps.iter().filter_map(|step| match step {
            Step::Time { format, field: None, .. } => Some(format),
            _ => None,
        })
    }
}

/// The longest literal behind the first field of open length that is in every line, if it is long enough to be rare.
fn needed(steps: &[Step]) -> Option<&[u8]> {
    const LEAST: usize = 3;
    let open = steps.iter().position(is_open)?;
    let is_optional =
        |index: usize| steps[..index].iter().any(|step| matches!(step, Step::Optional { skip } if *skip > index));
    let literal = |index: usize| match &steps[index] {
        Step::Literal(bytes) if bytes.len() >= LEAST && !is_optional(index) => Some(bytes.as_slice()),
        _ => None,
    };
    (open..steps.len()).filter_map(literal).max_by_key(|bytes| bytes.len())
}

/// Whether a step's end is told by what follows.
fn is_open(step: &Step) -> bool {
    matches!(step, Step::Message | Step::Field { kind: FieldKind::Text, .. }) || is_word(step)
}

/// Whether it ends before the next blank at the latest.
pub(super) fn is_word(step: &Step) -> bool {
    matches!(step, Step::Field { kind: FieldKind::Word | FieldKind::Name | FieldKind::Code, .. })
}

const OPTIONAL_DEPTH_MAX: u32 = 8;

/// Parses up to the end or an unmatched `}`, which is left in what is returned.
fn parse<'a>(
    text: &'a str,
    whole: &str,
    fields: &mut Vec<Field>,
    steps: &mut Vec<Step>,
    depth: u32,
) -> Result<&'a str, String> {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let doubled = rest.starts_with("{{") || rest.starts_with("}}");
        if let Some(inside) = rest.strip_prefix("{?").filter(|_| depth < OPTIONAL_DEPTH_MAX) {
            let at = steps.len();
            steps.push(Step::Optional { skip: 0 });
            let after = parse(inside, whole, fields, steps, depth + 1)?;
            rest = after.strip_prefix('}').ok_or_else(|| format!("`{{?` without `}}` in `{whole}`"))?;
            steps[at] = Step::Optional { skip: steps.len() };
        } else if c == '}' && (depth > 0 || !doubled) {
            // Of an optional part that ends behind a field: `{? [{pid}]}`.
            return Ok(rest);
        } else if c == '{' && !doubled {
            let close = rest.find('}').ok_or_else(|| format!("`{{` without `}}` in `{whole}`"))?;
            steps.push(field(&rest[1..close], fields)?);
            rest = &rest[close + 1..];
        } else if c == ' ' {
            if steps.last() != Some(&Step::Blanks) {
                steps.push(Step::Blanks);
            }
            rest = &rest[1..];
        } else {
            // Literals of two parts stay two: one may be left out.
            let is_joined = !matches!(steps.len().checked_sub(1), Some(last) if ends_optional(steps, last + 1));
            match steps.last_mut() {
                Some(Step::Literal(bytes)) if is_joined => bytes.extend(c.to_string().bytes()),
                _ => steps.push(Step::Literal(c.to_string().into_bytes())),
            }
            rest = &rest[c.len_utf8() * if doubled { 2 } else { 1 }..];
        }
    }
    Ok(rest)
}

fn hash(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn ends_optional(steps: &[Step], index: usize) -> bool {
    steps.iter().any(|step| matches!(step, Step::Optional { skip } if *skip == index))
}

fn field(text: &str, fields: &mut Vec<Field>) -> Result<Step, String> {
    let (name, kind) = text.split_once(':').map_or((text, ""), |(name, kind)| (name, kind));
    let stamp = |format: &str| StampFormat::compile(if format.is_empty() { "iso" } else { format });
    if name == "ts" {
        let format = kind.strip_suffix('?');
        return Ok(Step::Time {
            format: stamp(format.unwrap_or(kind))?,
            field: None,
            id: hash(kind),
            is_optional: format.is_some(),
        });
    }
    let read = |reading: Reading| FieldType::Read(reading);
    if name == "level" && matches!(kind, "" | "upper") {
        let field = field_index(fields, LEVEL_RAW, read(Reading::Text));
        return Ok(Step::Level { field, is_upper: kind == "upper" });
    }
    if name == "message" && kind.is_empty() {
        return Ok(Step::Message);
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{{{text}}}` has no name of letters, digits and `_`"));
    }
    if let Some(format) = kind.strip_prefix("ts").filter(|format| format.is_empty() || format.starts_with(':')) {
        let id = hash(format);
        let format = stamp(format.trim_start_matches(':'))?;
        let index = (name != "_").then(|| field_index(fields, name, FieldType::Time(format.clone())));
        return Ok(Step::Time { format, field: Some(index.unwrap_or(usize::MAX)), id, is_optional: false });
    }
    if name == "code" {
        return Ok(Step::Field { field: None, kind: FieldKind::Code });
    }
    if kind.contains('|') {
        let mut words: Vec<Vec<u8>> = kind.split('|').map(|word| word.as_bytes().to_vec()).collect();
        if words.iter().any(Vec::is_empty) {
            // Nothing tells that it is there.
            return Err(format!("`{{{text}}}` has an empty word; what may be left out stands in `{{? … }}`"));
        }
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let index = (name != "_").then(|| field_index(fields, name, read(Reading::Text)));
        return Ok(Step::OneOf { field: index, words });
    }
    let (kind, reading) = match kind {
        "" => (FieldKind::Text, Reading::Text),
        "word" => (FieldKind::Word, Reading::Text),
        "name" => (FieldKind::Name, Reading::Text),
        "int" => (FieldKind::Int { is_optional: false }, Reading::Int),
        "int?" => (FieldKind::Int { is_optional: true }, Reading::Int),
        "real" => (FieldKind::Real { is_optional: false }, Reading::Float),
        "real?" => (FieldKind::Real { is_optional: true }, Reading::Float),
        "slug" => (FieldKind::Slug, Reading::Text),
        "dotted" => (FieldKind::Dotted, Reading::Text),
        "hex" => (FieldKind::Hex, Reading::Text),
        "id" => (FieldKind::Id, Reading::Text),
        "addresses" => (FieldKind::Addresses, Reading::Text),
        "quoted" => (FieldKind::Quoted, Reading::Text),
        "priority" => (FieldKind::Priority, Reading::Int),
        "status" => (FieldKind::Status, Reading::Int),
        _ => {
            return Err(format!(
                "`{{{text}}}` is no known field; kinds are word, name, int, real, int?, real?, hex, id, addresses, slug, dotted, quoted, priority, status, ts and words such as on|off"
            ));
        }
    };
    let index = (name != "_").then(|| field_index(fields, name, read(reading)));
    Ok(Step::Field { field: index, kind })
}
