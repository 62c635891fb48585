//! Bars, the highest first, and a line of what they come to together.

use plotters::chart::ChartBuilder;
use plotters::element::{Circle, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, TextStyle};

use super::svg::{Area, At, Done, INK, PLAIN, QUIET, RULE, WARN, short, write};
use crate::model::coverage::grouped;
use crate::model::document::Pareto;

pub const HEIGHT: i32 = 300;

pub fn draw(area: &Area, pareto: &Pareto) -> Done {
    const LABELS: i32 = 24;
    let count = pareto.bars.len();
    let most = pareto.bars.first().map_or(1, |(_, count)| *count).max(1) as f64;
    let font = FontDesc::new(FontFamily::SansSerif, 15.0, FontStyle::Normal);
    let letters = TextStyle::from(font).color(&QUIET);
    let (above, below) = area.split_vertically(HEIGHT - LABELS);
    let mut chart = ChartBuilder::on(&above)
        .margin_top(14)
        .set_label_area_size(plotters::chart::LabelAreaPosition::Left, 58)
        .set_label_area_size(plotters::chart::LabelAreaPosition::Right, 52)
        .build_cartesian_2d(0.0..count as f64, 0.0..most * 1.08)?
        .set_secondary_coord(0.0..count as f64, 0.0..104.0);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(5)
        .y_label_formatter(&|value| grouped(value.round() as u64))
        .label_style(letters.clone())
        .axis_style(RULE)
        .bold_line_style(RULE.mix(0.6))
        .light_line_style(RULE.mix(0.0))
        .draw()?;
    chart
        .configure_secondary_axes()
        .y_labels(5)
        .y_label_formatter(&|value| format!("{value:.0} %"))
        .label_style(letters)
        .axis_style(RULE)
        .draw()?;
    let mut sum = 0;
    let shares: Vec<f64> = pareto
        .bars
        .iter()
        .map(|(_, count)| {
            sum += count;
            100.0 * sum as f64 / pareto.total.max(1) as f64
        })
        .collect();
    chart.draw_series(pareto.bars.iter().enumerate().map(|(at, (_, count))| {
        let at = at as f64;
        Rectangle::new([(at + 0.12, 0.0), (at + 0.88, *count as f64)], PLAIN.filled())
    }))?;
    let points = || shares.iter().enumerate().map(|(at, share)| (at as f64 + 0.5, *share));
    chart.draw_secondary_series(LineSeries::new(points(), WARN.stroke_width(2)))?;
    chart.draw_secondary_series(points().map(|place| Circle::new(place, 3, WARN.filled())))?;
    let wide = f64::from(super::svg::WIDTH - 58 - 52) / count.max(1) as f64;
    for (at, (name, _)) in pareto.bars.iter().enumerate() {
        let x = 58 + (wide * (at as f64 + 0.5)).round() as i32;
        let letters = ((wide / 7.5) as usize).clamp(2, 40);
        write(&below, &short(name, letters), &INK, At::Middle, (x, LABELS / 2))?;
    }
    Ok(())
}
