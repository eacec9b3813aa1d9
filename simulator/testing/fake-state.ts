import { randomBytes } from 'node:crypto';
import type { FakeClick, FakeConversion, FakeDeal, FakeDecision, FakeEvent } from './fake-books';
import type { FakeDestination, FakePostback } from './fake-postbacks';
import type { Faults } from './faults';

export type FakeState = {
  faults: Faults;
  offers: Map<string, string>;
  partners: Map<string, { code: string; deal: FakeDeal | null }>;
  campaigns: Map<string, { slug: string; offerId: string; partnerId: string | null }>;
  destinations: FakeDestination[];
  source: { sourceId: string; key: string; secret: string };
  clicks: Map<string, FakeClick>;
  /** When a visitor last clicked on a campaign. */
  lastSeen: Map<string, number>;
  events: Map<string, { event: FakeEvent; body: string; clickId: string | null }>;
  /** The click behind each of the casino's players. */
  players: Map<string, string>;
  conversions: Map<string, FakeConversion[]>;
  /** What a person has said of a conversion last. */
  decisions: Map<string, FakeDecision>;
  postbacks: Map<string, FakePostback>;
  deliveries: Promise<void>[];
  eventPosts: number;
};

export type Reply = { status: number; body?: unknown; headers?: Record<string, string> };

export function emptyState(faults: Faults): FakeState {
  return {
    faults,
    offers: new Map(),
    partners: new Map(),
    campaigns: new Map(),
    destinations: [],
    source: { sourceId: '', key: '', secret: '' },
    clicks: new Map(),
    lastSeen: new Map(),
    events: new Map(),
    players: new Map(),
    conversions: new Map(),
    decisions: new Map(),
    postbacks: new Map(),
    deliveries: [],
    eventPosts: 0,
  };
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function fakeId(prefix: string): string {
  return `${prefix}_0${[...randomBytes(25)].map((byte) => ALPHABET[byte % 32]).join('')}`;
}

export function fakeSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}
