-- The list of templates, the most frequent first.
-- {templates}: template_id, template, count, level, first and last (UTC), sources, example.
SELECT template_id, template, count, round(count / sum(count) OVER (), 4) AS share, level, first, last, sources, example
FROM ({templates})
ORDER BY count DESC, template
