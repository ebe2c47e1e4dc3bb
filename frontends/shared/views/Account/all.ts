// Everything that speaks of accounts and of what is wrong with them, as one part of the page that comes later.
export { Connections } from './Connections';
export { Placemat } from './Placemat';
export { SignIn } from './SignIn';
export { SignInActions } from './SignInActions';
export { SourceNote } from './SourceNote';
