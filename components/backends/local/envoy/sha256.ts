/** SHA-256 (FIPS 180-4) in Lua for Envoy's script filter, which has no hash of its own: `sha256(text)` gives hexadecimal. */
export const SHA256 = `
local bit = require("bit")
local band, bnot, bxor, ror, shr, tobit, tohex = bit.band, bit.bnot, bit.bxor, bit.ror, bit.rshift, bit.tobit, bit.tohex

-- Fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8.
local K, START = {}, {}
do
  local candidate, found = 2, 0
  while found < 64 do
    local prime = true
    for divisor = 2, math.floor(math.sqrt(candidate)) do
      if candidate % divisor == 0 then prime = false break end
    end
    if prime then
      found = found + 1
      K[found] = tobit(math.floor((candidate ^ (1 / 3) % 1) * 4294967296))
      if found <= 8 then START[found] = tobit(math.floor((candidate ^ 0.5 % 1) * 4294967296)) end
    end
    candidate = candidate + 1
  end
end

local function sha256(text)
  local length = #text
  text = text .. "\\128" .. string.rep("\\0", (55 - length) % 64) .. "\\0\\0\\0\\0"
    .. string.char(shr(length, 21) % 256, shr(length, 13) % 256, shr(length, 5) % 256, (length * 8) % 256)
  local h = {unpack(START)}
  local w = {}
  for block = 1, #text, 64 do
    for i = 0, 15 do
      local a, b, c, d = text:byte(block + i * 4, block + i * 4 + 3)
      w[i + 1] = tobit(a * 16777216 + b * 65536 + c * 256 + d)
    end
    for i = 17, 64 do
      local x, y = w[i - 15], w[i - 2]
      w[i] = tobit(w[i - 16] + bxor(ror(x, 7), ror(x, 18), shr(x, 3)) + w[i - 7] + bxor(ror(y, 17), ror(y, 19), shr(y, 10)))
    end
    local a, b, c, d, e, f, g, i = unpack(h)
    for round = 1, 64 do
      local t1 = i + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(band(e, f), band(bnot(e), g)) + K[round] + w[round]
      local t2 = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bxor(band(a, b), band(a, c), band(b, c))
      a, b, c, d, e, f, g, i = tobit(t1 + t2), a, b, c, tobit(d + t1), e, f, g
    end
    h = {tobit(h[1] + a), tobit(h[2] + b), tobit(h[3] + c), tobit(h[4] + d), tobit(h[5] + e), tobit(h[6] + f), tobit(h[7] + g), tobit(h[8] + i)}
  end
  local hex = {}
  for i = 1, 8 do hex[i] = tohex(h[i]) end
  return table.concat(hex)
end
`.trim();
