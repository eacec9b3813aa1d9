const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The public form of a stored uuid: prefix and 26 characters of Crockford base32, the highest bits first. */
export function publicId(prefix: string, uuid: string): string {
  const bits = BigInt(`0x${uuid.replaceAll('-', '')}`)
    .toString(2)
    .padStart(130, '0');
  const characters = bits.match(/.{5}/g) ?? [];
  return `${prefix}_${characters.map((five) => ALPHABET[Number.parseInt(five, 2)]).join('')}`;
}

/** When an id was minted: the first 48 bits of a version 7 uuid are its millisecond. */
export function mintedAtMs(id: string): number {
  const bits = [...id.slice(id.indexOf('_') + 1)]
    .map((character) => ALPHABET.indexOf(character).toString(2).padStart(5, '0'))
    .join('');
  return Number.parseInt(bits.slice(2, 50), 2);
}
