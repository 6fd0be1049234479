// Installs the packages if need be, and does nothing else.
//   node scripts/install.mjs
import { checkNode, installPackages } from './set-up.mjs';

checkNode();
installPackages();
