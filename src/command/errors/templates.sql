-- The messages of errors by code and by their constant part, without the code itself.
SELECT code, rca_template(replace(text, code, '<code>')) AS template, count(*) AS n
FROM ({failures})
WHERE code IS NOT NULL AND text IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 3 DESC, 2
