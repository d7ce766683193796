# Does the software find what is known? Full and Count between two GRUs of a
# counting task: Full transfers, Count only between Multi-Object GRUs.

SCIENCE_M := $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT))
SCIENCE_S := $(call pairs,$(GRU_SAME_OBJECT),$(GRU_SAME_OBJECT))

SCIENCE := $(foreach v,full count,$(call each,mas,$(SCIENCE_M) $(SCIENCE_S),$v $v))
SCIENCE_RSA := $(call each-rsa,$(SCIENCE_M) $(SCIENCE_S) $(call member,$(GRU_MULTI_OBJECT),1)+$(call member,$(GRU_SAME_OBJECT),1),hidden)

$(call figure,science,$(SCIENCE),,,$(SCIENCE_RSA))

.PHONY: test-science
test-science: science  ## align a Multi-Object and a Same-Object pair: numbers
	@cut -f 1,2,5,6,14,19-21,24 $(D)/science/science.tsv
