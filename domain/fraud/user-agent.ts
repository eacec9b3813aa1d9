import { isbot } from 'isbot';

/**
 * Where a phone or an app says what device it is: names such as "CUBOT", "Spider 8" or "Discovery SE". Versions have a
 * length, and no bracket holds another: a stranger writes the text, and must not be able to make it read again and again.
 */
const DEVICE_NAMES = [
  /(?<=^Mozilla\/5\.0 \(Linux; (?:U; )?Android [\d.]{1,20})[^)]*(?=\) (?:AppleWebKit|Gecko)\/)/,
  /\[FB(?:AN|_IAB)[^[\]]*\]/,
  /(?<=\bInstagram [\d.]{1,40} Android )\([^)]*\)/,
];

/**
 * Whether the user agent names itself a robot or an HTTP library. The device's own name is left out of it: it says
 * what somebody holds in his hand, and a crawler that poses as a phone says who it is behind that.
 */
export function isRobot(userAgent: string): boolean {
  return isbot(DEVICE_NAMES.reduce((text, name) => text.replace(name, ''), userAgent));
}

/**
 * Whether so many people present this very user agent behind so few addresses that the two together name nobody:
 * phones and tablets, which carriers put behind one address by the thousand, and Safari, whose users share the
 * addresses of Private Relay.
 */
export function isSharedByMany(userAgent: string): boolean {
  return /\b(?:Android|iPhone|iPad|iPod|Mobile)\b|\bVersion\/[\d.]+ Safari\//.test(userAgent);
}
