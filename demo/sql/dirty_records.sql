-- Office mailboxes: five neighbours work in one firm, and the CRM has the firm's address.
update crm_records
set email = 'office@firm' || ((person_id - 1) // 5) || '.de'
where
    record_no = 0
    and email is not null
    and uniform((person_id - 1) // 5, 'dirt office', 0) < 0.05 * getvariable('dirt');

-- Phones of a spreadsheet: in scientific notation, as a float, with an extension.
update crm_records
set
    phone = case floor(3 * uniform(person_id, 'dirt phone kind', record_no))::integer
        when 0 then '4.915' || (person_id % 10)::varchar || 'E+11'
        when 1 then replace(replace(replace(phone, ' ', ''), '/', ''), '-', '') || '.0'
        else phone || ' ext 4'
    end
where
    phone is not null
    and phone not like '%5550100'
    and uniform(person_id, 'dirt phone', record_no) < 0.15 * getvariable('dirt');
