-- The rows nearest to a center, by the rows between and how much further it counts. What is behind is looked for
-- backwards: in a frame up to the end the engine goes to the end for each row.
SELECT * EXCLUDE (further)
FROM ({rows})
ORDER BY
    least(
        place + min(further - place) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING),
        min(further + place) OVER (ORDER BY place DESC ROWS UNBOUNDED PRECEDING) - place
    ) NULLS LAST,
    weight DESC,
    place
LIMIT {limit}
