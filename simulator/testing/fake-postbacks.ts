import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { signatureHeaders } from '../webhook-signature';
import type { FakeClick, FakeConversion } from './fake-books';
import type { Faults } from './faults';

export type FakeDestination = {
  destinationId: string;
  kind: 'partner_url' | 'webhook';
  url: string;
  method: string;
  secret: string | null;
  partnerId?: string;
  campaignId?: string;
};

export type FakePostback = {
  postbackId: string;
  destinationId: string;
  clickId: string;
  event: string;
  status: 'pending' | 'delivered' | 'dead';
  key: string;
};

const RETRY_MS = 20;

/** Makes the postback of a conversion and delivers it in the background: 2xx delivered, 4xx dead, else again. */
export function deliver(options: {
  destination: FakeDestination;
  conversion: FakeConversion;
  click: FakeClick;
  faults: Faults;
}): { postback: FakePostback; done: Promise<void> } {
  const { destination, conversion, click } = options;
  const key = `wsp:${destination.destinationId}:${conversion.event}:${conversion.conversionId}`;
  const postback: FakePostback = {
    postbackId: `pbk_${key}`,
    destinationId: destination.destinationId,
    clickId: click.clickId,
    event: conversion.event,
    status: 'pending',
    key,
  };
  const send = async (attempt: number): Promise<number> => {
    const noise = options.faults.unstablePostbacks ? String(attempt) : '';
    const call = render(destination, conversion, click, key, noise);
    const answer = await request(call.url, {
      method: call.method as 'GET',
      headers: call.headers,
      body: call.body,
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  const run = async (): Promise<void> => {
    if (options.faults.claimsDelivery) {
      postback.status = 'delivered';
      return;
    }
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const status = await send(attempt).catch(() => 0);
      if (status === 200) postback.status = 'delivered';
      else if (status >= 400 && status < 500) postback.status = 'dead';
      if (postback.status !== 'pending') return;
      await sleep(RETRY_MS);
    }
  };
  return { postback, done: run() };
}

function render(
  destination: FakeDestination,
  conversion: FakeConversion,
  click: FakeClick,
  key: string,
  noise: string,
) {
  const headers = { 'idempotency-key': key };
  if (destination.kind === 'partner_url') {
    const values: Record<string, string> = {
      event: conversion.event,
      click_id: click.clickId,
      sub1: click.sub1,
      timestamp: noise,
    };
    const url = destination.url.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(values[name] ?? ''),
    );
    return { url, method: destination.method, headers, body: null };
  }
  const body = JSON.stringify({ type: conversion.event, data: { clickId: click.clickId, noise } });
  const signature = signatureHeaders({ secret: destination.secret ?? '', id: key, nowMs: Date.now(), body });
  return { url: destination.url, method: 'POST', headers: { ...headers, ...signature }, body };
}
