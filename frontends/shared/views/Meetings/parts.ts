// The parts of meetings that come soon after the first paint.
export { MeetingActions } from './MeetingActions';
export { start } from './startNow';
