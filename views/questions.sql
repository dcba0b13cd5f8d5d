-- Twenty analyst questions for the tables: the first ten on what was found, the others on what documents state. What
-- people decided counts. `python -m research.pages` writes them into docs/analysts.md and docs/analysts-facts.md.

-- 1. What should I review first?
select uri, severity, len(signs) as signs, failed, to_review
from review_queue
limit 5

-- 2. Which passages are critical?
select d.uri, f.code, f.evidence
from flags_decided f
join current_documents d using (doc_id)
where f.severity = 'critical' and f.stands
order by d.uri, f.start_char

-- 3. Which checks fail, under which law?
select d.uri, f.check_id, f.severity, f.source, count(*) as passages
from findings_decided f
join current_documents d using (doc_id)
where f.decided_verdict = 'fail'
group by all
order by max(list_position(['low', 'medium', 'high', 'critical'], f.severity)) desc, d.uri, f.check_id
limit 5

-- 4. What was not found, and in which sections?
select d.uri, f.check_id, len(f.searched) as headings, f.searched[-1] as the_last
from findings_decided f
join current_documents d using (doc_id)
where f.evidence is null and f.decided_verdict in ('fail', 'review')
order by d.uri, f.check_id
limit 2

-- 5. Which signs are most frequent?
select code, severity, count(*) as flags, count(distinct doc_id) as documents
from flags_decided
join current_documents using (doc_id)
where stands
group by all
order by documents desc, flags desc, code
limit 3

-- 6. Which attachments are flagged, and in which mail?
select mail.uri as mail, attachment.uri as attachment, attachment.decided_status as status
from documents_decided attachment
join current_documents mail on mail.doc_id = attachment.parent_id
where attachment.document_state = 'current'
order by attachment

-- 7. What could not be read, and why?
select stage, reason, uri, detail
from rejects
where reason <> 'missing'
order by uri

-- 8. Which documents had checks skipped?
select not_asked_why, count(*) as documents, min(uri) as one_of_them
from (select uri, unnest(list_distinct(list_transform(not_asked, lambda q: split_part(q, ':', 1)))) as not_asked_why
      from current_documents)
group by not_asked_why
order by documents desc, not_asked_why

-- 9. What changed since the last run?
select change, uri, status_before, status_after, flags_added, flags_gone
from what_changed

-- 10. Which documents are gone or replaced?
select uri, state, left(superseded_by, 12) as superseded_by, missed_by_run is not null as missed
from document_states
where state <> 'current'
order by uri

-- 11. Which contracts expire in 2027?
select uri, parties, expiration_date
from contracts
where year(expiration_date) = 2027
order by expiration_date

-- 12. How much was invoiced, by seller and currency?
select coalesce(seller, seller_tax_number, 'not stated') as seller, currency,
       count(*) as invoices, count(*) filter (where status = 'flagged') as flagged, sum(total) as total
from invoices
join (select doc_id, decided_status as status from documents_decided) using (doc_id)
where kind = 'invoice'
group by all
order by total desc

-- 13. Which invoices are due next, and to which account?
select uri, due_date, coalesce(due, gross) as amount, currency, accounts
from invoices
order by due_date nulls last, uri

-- 14. Which law governs how many contracts?
select coalesce(governing_law, 'not stated') as law, count(*) as contracts
from contracts
group by all
order by contracts desc, law

-- 15. How many documents are dated in each month?
select strftime(document_date, '%Y-%m') as month, count(*) as documents,
       count(*) filter (where decided_status = 'flagged') as flagged,
       list_sort(list(distinct document_date_source)) as dates
from documents_decided
where document_state = 'current' and document_date is not null
group by all
order by month

-- 16. Which mails direct replies to another domain?
select uri, sender, reply_to
from facts_wide
where len(list_filter(reply_to, lambda one: split_part(one, '@', 2) <> split_part(sender, '@', 2))) > 0

-- 17. Which accounts are named, and in which documents?
select normalised as account, list_sort(list(distinct uri)) as documents
from facts_chosen
where type = 'account' and not abstained
group by all
order by account

-- 18. Which patients have documents, and from when?
select patient, birth_date, documents, first_date, kinds
from patients
order by birth_date

-- 19. Do bank statements add up?
select holder, period_end, opening_balance, list_sum(entry_amount)::decimal(20, 3) as entries, closing_balance,
       opening_balance + list_sum(entry_amount) = closing_balance as adds_up
from statements
join (select doc_id, entry_amount from facts_wide) using (doc_id)

-- 20. Where does it say so?
select name, value, page, round(boxes[1].x0) as x, round(boxes[1].y0) as y
from facts_chosen
where uri = 'samples/legal/services_agreement.pdf' and name in ('party', 'effective_date', 'expiration_date')
order by start_char
