// Every export of this file is a workflow type that can be started: functions only, nothing else.
export { clickJourney } from './click-journey/workflow';
export { event } from './event/workflow';
export { player } from './player/workflow';
export { postback } from './postback/workflow';
