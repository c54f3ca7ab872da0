create temp view delivered_order_lines as
select
    order_no,
    line_no,
    product_id,
    product_name,
    category,
    quantity,
    unit_price,
    cost,
    getvariable('load_no') as load_no
from read_parquet(getvariable('files'))
where order_no is not null and line_no is not null and quantity is not null;

create temp table repeated_order_lines as
select order_no, line_no from delivered_order_lines group by all having count(*) > 1;
delete from order_lines
where (order_no, line_no) in (select (order_no, line_no) from delivered_order_lines);
insert into order_lines
select * from delivered_order_lines
anti join repeated_order_lines using (order_no, line_no);
insert into order_lines
select distinct on (order_no, line_no) * from delivered_order_lines
semi join repeated_order_lines using (order_no, line_no);
