//! Where charts are drawn: an SVG whose colours are named, so that the page can change them.

use plotters::prelude::{DrawingArea, IntoDrawingArea, RGBColor, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, TextStyle};

use crate::error::{Error, Result};
use crate::model::document::{Chart, Figure};

pub type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = plotters::drawing::DrawingAreaErrorKind<std::io::Error>;

/// All charts are drawn so wide and scaled to the page, with letters that can be read where it is narrow.
pub const WIDTH: i32 = 760;
const LETTERS: i32 = 15;

/// The colours that there are, by the name of the page's own: what is drawn in the first takes the second.
pub const INK: RGBColor = RGBColor(0x1B, 0x1B, 0x1B);
pub const QUIET: RGBColor = RGBColor(0x59, 0x59, 0x59);
pub const RULE: RGBColor = RGBColor(0xC8, 0xC8, 0xC8);
pub const PLAIN: RGBColor = RGBColor(0x1E, 0x6F, 0xD0);
pub const BAD: RGBColor = RGBColor(0xC6, 0x28, 0x28);
pub const WARN: RGBColor = RGBColor(0x8A, 0x5A, 0x00);

const NAMED: [(RGBColor, &str); 6] =
    [(INK, "--ink"), (QUIET, "--quiet"), (RULE, "--rule"), (PLAIN, "--plain"), (BAD, "--bad"), (WARN, "--warn")];

/// Style rules that give what is drawn the colours of the page.
pub fn rules() -> String {
    let rule = |(colour, name): &(RGBColor, &str)| {
        let hex = format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
        format!("svg [fill=\"{hex}\"] {{ fill: var({name}) }} svg [stroke=\"{hex}\"] {{ stroke: var({name}) }}\n")
    };
    NAMED.iter().map(rule).collect()
}

/// The chart as an element of a page. `id` names it there.
///
/// # Errors
/// If it cannot be drawn, which is a fault of this room.
pub fn element(figure: &Figure, id: &str, escaped: impl Fn(&str) -> String) -> Result<String> {
    let height = match &figure.chart {
        Chart::Lanes(lanes) => super::lanes::height(lanes),
        Chart::Strips(strips) => super::strips::height(strips),
        Chart::Pareto(_) => super::pareto::HEIGHT,
        Chart::Funnel(stages) => super::funnel::height(stages),
    };
    let mut drawn = String::new();
    {
        let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
        let area = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        let done = match &figure.chart {
            Chart::Lanes(lanes) => super::lanes::draw(&area, lanes),
            Chart::Strips(strips) => super::strips::draw(&area, strips),
            Chart::Pareto(pareto) => super::pareto::draw(&area, pareto),
            Chart::Funnel(stages) => super::funnel::draw(&area, stages),
        };
        done.and_then(|()| area.present())
            .map_err(|cause| Error::internal("a chart could not be drawn").detail(cause.to_string()))?;
    }
    // The element that the crate begins with has a size of its own and no name.
    let inside = drawn.split_once('>').map_or("", |(_, rest)| rest).trim_start();
    // What holds without being said.
    let inside = inside.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    Ok(format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{}</title>\
         <desc id=\"{id}-d\">{}</desc>\n{inside}",
        escaped(&figure.title),
        escaped(&figure.told)
    ))
}

/// Where a text stands beside its place.
#[derive(Clone, Copy)]
pub enum At {
    Right,
    Left,
    Middle,
}

/// A text that is centred on the line through its place.
pub fn write(area: &Area, text: &str, colour: &RGBColor, at: At, place: (i32, i32)) -> std::result::Result<(), Drawn> {
    let side = match at {
        At::Right => HPos::Left,
        At::Left => HPos::Right,
        At::Middle => HPos::Center,
    };
    let font =
        plotters::style::FontDesc::new(plotters::style::FontFamily::SansSerif, f64::from(LETTERS), FontStyle::Normal);
    let style = TextStyle::from(font).color(colour).pos(Pos::new(side, VPos::Center));
    area.draw_text(&super::visible(text).replace(['\n', '\t'], " "), &style, place)
}

/// The beginning of a name that fits so many letters.
pub fn short(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        None => text.to_string(),
        Some(_) => format!("{}…", text.chars().take(letters - 1).collect::<String>()),
    }
}

/// What drawing comes to.
pub type Done = std::result::Result<(), Drawn>;
