"""What `trademesh doctor` looks at. A check gives findings; each problem has a mend."""
