-- Each message's origin and template, in the order of time.
-- {rows}: origin, at_file, at_line, ts, text; rca_templates: the templates by number.
SELECT origin, template_id, template
FROM (SELECT origin, at_file, at_line, ts, rca_template_of(text) AS number FROM ({rows}))
JOIN rca_templates USING (number)
ORDER BY ts NULLS LAST, origin
