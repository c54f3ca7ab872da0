-- Every draw is a pure function of (seed, person, purpose, counter), so neither the number of
-- threads nor the cut into batches can change it. The outer hash is needed: DuckDB combines hashes
-- by xor, and without it two purposes of one person would differ by a constant bit pattern.

-- In [0, 1), with the 53 bits a double can hold.
create or replace macro uniform(person, purpose, counter) as
    (hash(hash(getvariable('seed'), person, purpose, counter)) >> 11) / 9007199254740992.0;

-- Mean 1.
create or replace macro exponential(person, purpose, counter) as
    -ln(1 - uniform(person, purpose, counter));

-- Mean 0, standard deviation 1 (Box and Muller 1958).
create or replace macro gaussian(person, purpose, counter) as
    sqrt(2 * exponential(person, purpose || ' radius', counter))
    * cos(2 * pi() * uniform(person, purpose || ' angle', counter));

-- The normal approximation of Poisson: cheap, and close enough for counts of behaviour.
create or replace macro poisson(mean, person, purpose, counter) as
    greatest(0, round(mean + sqrt(mean) * gaussian(person, purpose, counter)))::integer;

create or replace macro pick(choices, share) as
    choices[1 + floor(share * len(choices))::integer];

-- One-to-one on [0, modulus) when the modulus is a prime or coprime to the factor: numbers that look
-- unordered, never collide, and tell nothing of the person behind them.
create or replace macro scatter(number, factor, modulus) as
    (number::bigint * factor + getvariable('seed') * 104729) % modulus;
