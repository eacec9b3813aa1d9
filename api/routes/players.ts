import { type Request, Router } from 'express';
import { findPlayers, readPlayerDetail } from '../../db/read-models/player-detail';
import { readPlayerWorth } from '../../db/read-models/player-worth';
import { type PlayerId, parseId, type WorkspaceId } from '../../domain/ids';
import type { ApiDeps } from '../deps';
import { principalOf } from '../middleware/authenticate';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseQuery } from '../middleware/validate';
import { playerJson, playerQuery } from '../schemas/players';
import { textFilter } from '../schemas/text-filter';

/** Players: to whom they are bound, what they are worth, what happened to them. */
export function playerRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get(
    '/v1/players/:playerId',
    readRequest(deps, 'heavy', async (req, res) => {
      const { workspaceId } = principalOf(res);
      const { brand } = parseQuery(playerQuery, req);
      const playerId = await resolvePlayer(deps, workspaceId, req, brand ?? null);
      const detail = await readPlayerDetail(deps.readDb, workspaceId, playerId);
      if (detail === null) throw notFound();
      const worth = await readPlayerWorth(deps.readDb, workspaceId, playerId, deps.clock.nowMs());
      res.json(playerJson(detail.player, worth, detail.timeline));
    }),
  );

  return router;
}

/** Our id names one player; a casino's own id does too, unless several brands of the workspace use it. */
async function resolvePlayer(
  deps: ApiDeps,
  workspaceId: WorkspaceId,
  req: Request,
  brand: string | null,
): Promise<PlayerId> {
  const given = textFilter().safeParse(req.params.playerId);
  if (!given.success) throw notFound();
  const players = await findPlayers(deps.readDb, workspaceId, { player: given.data, brand });
  const ours = players.find(({ playerId }) => playerId === parseId('ply', given.data));
  const [found, ...others] = ours === undefined ? players : [ours];
  if (found === undefined) throw notFound();
  if (others.length === 0) return found.playerId;
  const brands = players.map((player) => player.brand).join(', ');
  throw fieldProblem('brand', `is needed, because several brands have a player with this id: ${brands}`);
}
