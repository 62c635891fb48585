-- The list of templates, the most frequent first.
-- {templates}: template_id, template, count, level, first and last (UTC), sources, example.
SELECT template_id, template, count, rca_share(count / sum(count) OVER ()) AS share, level, first, last, sources, example
FROM ({templates})
ORDER BY count DESC, template
