-- Keys that a drop repeats are kept once, and a key delivered again replaces what was known of it.
create or replace temp table new_customers as
select distinct on (source, source_customer_id) * from new_customers;
create or replace temp table new_tickets as
select distinct on (ticket_id) * from new_tickets;
create or replace temp table new_feedback as
select distinct on (source, feedback_id) * from new_feedback;
create or replace temp table new_touches as
select distinct on (contact_id) * from new_touches;

delete from customers
where (source, source_customer_id) in (select (source, source_customer_id) from new_customers);
insert into customers from new_customers;
delete from tickets where ticket_id in (select ticket_id from new_tickets);
insert into tickets from new_tickets;
delete from feedback
where (source, feedback_id) in (select (source, feedback_id) from new_feedback);
insert into feedback from new_feedback;
delete from touches where contact_id in (select contact_id from new_touches);
insert into touches from new_touches;
