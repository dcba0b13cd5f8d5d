-- Every finding with its document, the words around its evidence, or the headings that were searched in vain, and its
-- severity as a rank, 4 for `critical` down to 1 for `low`. `page` and `boxes` say where the evidence stands in a PDF
-- or picture.
select d.uri, f.page, f.check_id, f.verdict, f.severity,
       list_position(['low', 'medium', 'high', 'critical'], f.severity) as severity_rank,
       f.evidence, c.context, c.heading, f.searched, f.why, f.source, f.decided_by,
       d.state, d.title, d.domain, d.kind, d.language, d.status, d.risk, d.event_time,
       d.document_date, d.document_date_source,
       f.doc_id, c.first_segment, c.last_segment, f.start_char, f.end_char, f.boxes, f.run_id, f.processed_at
from findings f
left join document_states d on d.doc_id = f.doc_id
left join contexts c on c.doc_id = f.doc_id and c.start_char = f.start_char and c.end_char = f.end_char
