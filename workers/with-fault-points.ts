import type { GuardedFetch } from '../clients/guarded-fetch';
import { faultPoint } from '../config/fault-points';
import type { WorkflowStarter } from './workflow-starter';

/** The starter; a relay that carries rows with it can be made to die between two of them, its batch uncommitted. */
export function starterWithFaultPoints(starter: WorkflowStarter): WorkflowStarter {
  const carried = async <T>(call: Promise<T>): Promise<T> => {
    const answer = await call;
    faultPoint('relay-mid-batch');
    return answer;
  };
  return {
    startJourney: (...args) => carried(starter.startJourney(...args)),
    signalJourney: (...args) => carried(starter.signalJourney(...args)),
    signalPlayer: (...args) => carried(starter.signalPlayer(...args)),
    setPlayerTimer: (...args) => carried(starter.setPlayerTimer(...args)),
    startEvent: (...args) => carried(starter.startEvent(...args)),
    startPostback: (...args) => carried(starter.startPostback(...args)),
  };
}

/** The client; a delivery can be made to die before it sends, or with the destination's answer not yet recorded. */
export function httpWithFaultPoints(http: GuardedFetch): GuardedFetch {
  return {
    send: async (outbound, signal) => {
      faultPoint('postback-before-send');
      const result = await http.send(outbound, signal);
      faultPoint('postback-after-answer');
      return result;
    },
    close: () => http.close(),
  };
}
