create table berths (name text primary key, metres integer not null check (metres > 0));
insert into berths values ('north', 180), ('south', 95);
