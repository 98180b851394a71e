import { seedsFrom, testSeeds } from './campaign.ts';

testSeeds(seedsFrom(1, 50));
