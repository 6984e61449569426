"""The past as a market: kept bars, told again one by one."""
