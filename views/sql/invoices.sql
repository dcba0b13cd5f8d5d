-- Every current invoice and credit note that states anything, with what it states; one that is print and data counts
-- once. `doubtful` lists the fields of which there are hints alone.
select uri, kind,
       max(normalised) filter (where name = 'invoice_number') as invoice_number,
       try_cast(max(normalised) filter (where name = 'issue_date') as date) as issue_date,
       try_cast(max(normalised) filter (where name = 'due_date') as date) as due_date,
       max(normalised) filter (where name = 'seller') as seller,
       max(normalised) filter (where name = 'seller_tax_number') as seller_tax_number,
       max(normalised) filter (where name = 'buyer') as buyer,
       try_cast(max(normalised) filter (where name = 'net') as decimal(18, 2)) as net,
       try_cast(max(normalised) filter (where name = 'tax') as decimal(18, 2)) as tax,
       try_cast(max(normalised) filter (where name = 'gross') as decimal(18, 2)) as gross,
       try_cast(max(normalised) filter (where name = 'due') as decimal(18, 2)) as due,
       max(normalised) filter (where name = 'currency') as currency,
       list(normalised order by ordinal) filter (where name = 'account') as accounts,
       list_sort(list(distinct name) filter (where abstained)) as doubtful,
       doc_id, run_id
from facts_chosen
where domain = 'financial' and kind in ('invoice', 'credit_note')
group by uri, kind, doc_id, run_id
