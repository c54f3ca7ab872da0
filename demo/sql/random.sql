-- Every draw is a pure function of (seed, person, purpose, counter). Neither the number of threads
-- nor the batches can change it. The outer hash is needed: DuckDB combines hashes by xor. Without
-- it two purposes of one person would differ by a constant bit pattern.

-- Uniform on [0, 1), with the 53 bits of a double.
create or replace macro uniform(person, purpose, counter) as
    (hash(hash(getvariable('seed'), person, purpose, counter)) >> 11) / 9007199254740992.0;

-- Exponential with mean 1.
create or replace macro exponential(person, purpose, counter) as
    -ln(1 - uniform(person, purpose, counter));

-- Normal with mean 0 and standard deviation 1 (Box and Muller 1958).
create or replace macro gaussian(person, purpose, counter) as
    sqrt(2 * exponential(person, purpose || ' radius', counter))
    * cos(2 * pi() * uniform(person, purpose || ' angle', counter));

-- Poisson by its normal approximation, which is fast and accurate enough for these counts.
create or replace macro poisson(mean, person, purpose, counter) as
    greatest(0, round(mean + sqrt(mean) * gaussian(person, purpose, counter)))::integer;

create or replace macro pick(choices, share) as
    choices[1 + floor(share * len(choices))::integer];

-- A bijection on [0, modulus) if modulus and factor are coprime: numbers that look unordered, never
-- collide, and contain no information about the person.
create or replace macro scatter(number, factor, modulus) as
    (number::bigint * factor + getvariable('seed') * 104729) % modulus;
