-- Every current invoice and credit note that states anything, once: what is print and data, and of several documents
-- with the same number, day, total and currency, and no other seller, the one that states most as data; and of a PDF and
-- the XML in it the PDF. `copies` are the others. `doubtful` lists the fields some of whose values are hints; by these nothing is taken for a copy.
-- `total` is `gross`, or `due` where an invoice states only that.
with stated as (
    select uri, kind, document_date, document_date_source,
           arg_min(normalised, ordinal) filter (where name = 'invoice_number') as invoice_number,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'issue_date') as date) as issue_date,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'due_date') as date) as due_date,
           arg_min(normalised, ordinal) filter (where name = 'seller') as seller,
           max(normalised) filter (where name = 'seller_tax_number') as seller_tax_number,
           arg_min(normalised, ordinal) filter (where name = 'buyer') as buyer,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'net') as decimal(20, 3)) as net,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'tax') as decimal(20, 3)) as tax,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'gross') as decimal(20, 3)) as gross,
           try_cast(arg_min(normalised, ordinal) filter (where name = 'due') as decimal(20, 3)) as due,
           coalesce(arg_min(normalised, ordinal) filter (where name = 'currency'),
                    arg_min(currency, ordinal) filter (where name in ('gross', 'due', 'net'))) as currency,
           list(normalised order by ordinal) filter (where name = 'account') as accounts,
           list_sort(list(distinct name) filter (where abstained)) as doubtful,
           count(*) filter (where source = 'stated') as as_data,
           doc_id, run_id
    from facts_chosen
    where domain = 'financial' and kind in ('invoice', 'credit_note')
    group by uri, kind, document_date, document_date_source, doc_id, run_id
),
told as (
    select *, coalesce(gross, due) as total from stated
),
keyed as (
    select told.*, coalesce(parent.doc_id, told.doc_id) as whole,
           if(list_has_any(coalesce(told.doubtful, []), ['invoice_number', 'issue_date', 'gross', 'due', 'currency']), null,
              told.kind || '|' || regexp_replace(lower(told.invoice_number), '[^\pL\pN]', '', 'g') || '|' || told.issue_date
              || '|' || told.total || '|' || told.currency) as stated_key,
           regexp_replace(upper(told.seller_tax_number), '[^\pL\pN]', '', 'g') as tax_key,
           regexp_replace(lower(nfc_normalize(told.seller)), '[^\pL\pN]', '', 'g') as seller_key
    from told
    join current_documents d on d.doc_id = told.doc_id
    left join told parent on parent.doc_id = d.parent_id
         and (parent.invoice_number = told.invoice_number
              or coalesce(parent.invoice_number, told.invoice_number) is null and d.media_type = 'application/xml')
),
-- What a file and the XML in it state is of one invoice, whichever of them states it.
of_whole as (
    select * replace (max(stated_key) over part_of as stated_key, max(tax_key) over part_of as tax_key,
                      max(seller_key) over part_of as seller_key)
    from keyed
    window part_of as (partition by whole)
),
same as (
    select *,
           case when stated_key is null then whole
                when min(tax_key) over one <> max(tax_key) over one then stated_key || '|' || coalesce(tax_key, whole)
                when count(tax_key) over one = count(*) over one
                     or min(seller_key) over one is not distinct from max(seller_key) over one then stated_key
                else stated_key || '|' || coalesce(seller_key, whole) end as invoice
    from of_whole
    window one as (partition by stated_key)
)
select uri, kind, invoice_number, issue_date, due_date, seller, seller_tax_number, buyer, net, tax, gross, due, total, currency,
       accounts, doubtful,
       list_filter(list(uri) over (partition by invoice), lambda one: one <> uri) as copies,
       document_date, document_date_source, doc_id, run_id
from same
qualify row_number() over (partition by invoice order by as_data desc, uri, doc_id) = 1
